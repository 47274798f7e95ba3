import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../core/failure.ts';
import { syncDirectory } from '../system/durable-file.ts';
import { type BlobStore, smallFile } from './blob-store.ts';
import { filesAtOnce, forEachBounded } from './bounded.ts';
import { type Digest, digestOf, digestOfFile } from './digest.ts';
import { fileFailure, requireSpace } from './file-failure.ts';
import { flushFiles } from './flush-files.ts';
import { readRelease } from './release-document.ts';
import { sweepTemporary, temporaryName } from './temporary-name.ts';
import { type Tree, type TreeEntry, treeSize } from './tree.ts';

type FileEntry = Extract<TreeEntry, { type: 'file' }>;

export interface MaterialisedRelease {
  readonly path: string;
  readonly files: number;
  readonly bytes: number;
  /** It lay there complete before. */
  readonly already: boolean;
}

/**
 * Unpacks a release to `<releasesDirectory>/<digest>` and resolves when it is complete and durable there. The directory
 * appears by a rename as the last act, so its presence says that it is complete. Every file is verified. Idempotent; two
 * at once end with one tree. Throws `not-found` when a blob is missing, `state-corrupt` when one is damaged, `disk-full`,
 * `permission-denied`.
 *
 * Files get the time at which they were unpacked, not a fixed one: web servers make `Last-Modified` and `ETag` from it,
 * and with one time for all releases browsers would keep old pages.
 */
export async function materialiseRelease(
  blobs: BlobStore,
  release: Digest,
  releasesDirectory: string,
  signal: AbortSignal,
): Promise<MaterialisedRelease> {
  const path = join(releasesDirectory, release);
  const { tree } = await readRelease(blobs, release);
  const size = treeSize(tree);
  if (await isDirectory(path)) return { path, ...size, already: true };
  const partial = join(releasesDirectory, temporaryName(`${release}.partial`));
  try {
    await mkdir(releasesDirectory, { recursive: true, mode: 0o700 });
    await sweepTemporary(releasesDirectory);
    await requireSpace(
      releasesDirectory,
      { bytes: size.bytes, files: tree.entries.length },
      `stage release ${release}`,
    );
    await mkdir(partial, { mode: 0o755 });
    await unpack(blobs, tree, partial, signal);
    const already = !(await putInPlace(partial, path));
    await syncDirectory(releasesDirectory);
    return { path, ...size, already };
  } catch (error) {
    throw fileFailure(error, `stage release ${release}`, releasesDirectory, size.bytes);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function unpack(blobs: BlobStore, tree: Tree, to: string, signal: AbortSignal): Promise<void> {
  // Entries are sorted, so a directory comes before what it holds.
  for (const entry of tree.entries) if (entry.type === 'directory') await makeDirectory(join(to, entry.path));
  const files = tree.entries.filter((entry): entry is FileEntry => entry.type === 'file');
  await forEachBounded(files, filesAtOnce, signal, (entry) => unpackFile(blobs, entry, to, signal));
  for (const entry of tree.entries)
    if (entry.type === 'link') await symlink(entry.target, join(to, entry.path));
  const paths = tree.entries.flatMap((entry) => (entry.type === 'link' ? [] : [entry.path]));
  await flushFiles(to, ['.', ...paths], signal);
}

/** `mkdir` and `writeFile` heed the umask of the process; the modes of a release do not depend on it. */
async function makeDirectory(path: string): Promise<void> {
  await mkdir(path);
  await chmod(path, 0o755);
}

async function unpackFile(
  blobs: BlobStore,
  entry: FileEntry,
  to: string,
  signal: AbortSignal,
): Promise<void> {
  const from = blobs.path(entry.digest);
  const path = join(to, entry.path);
  try {
    if (entry.size <= smallFile) {
      const content = await readFile(from);
      if (digestOf(content) !== entry.digest) throw await blobs.discardDamaged(entry.digest, entry.path);
      await writeFile(path, content, { flag: 'wx' });
    } else {
      await copyFile(from, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      if ((await digestOfFile(path, signal)) !== entry.digest)
        throw await blobs.discardDamaged(entry.digest, entry.path);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Failure('not-found', `Blob ${entry.digest} (${entry.path}) is not in ${blobs.directory}.`, {
      hint: 'Send what the host lacks, then stage the release again.',
      details: { digest: entry.digest },
      cause: error,
    });
  }
  await chmod(path, entry.executable ? 0o755 : 0o644);
}

/** False when another was faster: its tree is complete as well. */
async function putInPlace(partial: string, path: string): Promise<boolean> {
  try {
    await chmod(partial, 0o755);
    await rename(partial, path);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    throw error;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
