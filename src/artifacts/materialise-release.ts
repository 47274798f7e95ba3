import { chmodSync, constants, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { copyFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../core/failure.ts';
import { syncDirectory } from '../system/durable-file.ts';
import { type BlobStore, smallFile } from './blob-store.ts';
import { type Digest, digestOf, digestOfFile } from './digest.ts';
import { fileFailure, requireSpace } from './file-failure.ts';
import { flushFiles } from './flush-files.ts';
import { inSlices } from './in-slices.ts';
import { makeDirectories } from './make-directories.ts';
import { readRelease } from './release-document.ts';
import { removeTree } from './remove-tree.ts';
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
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true)
    return { path, ...size, already: true };
  const partial = join(releasesDirectory, temporaryName(`${release}.partial`));
  try {
    makeDirectories(releasesDirectory, 0o700);
    await sweepTemporary(releasesDirectory);
    await requireSpace(
      releasesDirectory,
      { bytes: size.bytes, files: tree.entries.length },
      `stage release ${release}`,
    );
    makeDirectory(partial);
    await unpack(blobs, tree, partial, signal);
    const already = !(await putInPlace(partial, path));
    await syncDirectory(releasesDirectory);
    return { path, ...size, already };
  } catch (error) {
    throw fileFailure(error, `stage release ${release}`, releasesDirectory, size.bytes);
  } finally {
    await removeTree(partial);
  }
}

async function unpack(blobs: BlobStore, tree: Tree, to: string, signal: AbortSignal): Promise<void> {
  // Entries are sorted, so a directory comes before what it holds.
  await inSlices(tree.entries, signal, (entry) => {
    const path = join(to, entry.path);
    if (entry.type === 'directory') makeDirectory(path);
    else if (entry.type === 'link') symlinkSync(entry.target, path);
    else if (entry.size <= smallFile) unpackSmall(blobs, entry, path);
  });
  for (const entry of tree.entries) {
    if (entry.type === 'file' && entry.size > smallFile)
      await unpackLarge(blobs, entry, join(to, entry.path), signal);
  }
  const paths = tree.entries.flatMap((entry) => (entry.type === 'link' ? [] : [entry.path]));
  await flushFiles(to, ['.', ...paths], signal);
}

/** `mkdir` and `writeFile` heed the umask of the process; the modes of a release do not depend on it. */
function makeDirectory(path: string): void {
  mkdirSync(path);
  chmodSync(path, 0o755);
}

function unpackSmall(blobs: BlobStore, entry: FileEntry, path: string): void {
  const content = readBlob(blobs, entry);
  if (digestOf(content) !== entry.digest) throw blobs.discardDamaged(entry.digest, entry.path);
  writeFileSync(path, content, { flag: 'wx' });
  chmodSync(path, modeOf(entry));
}

async function unpackLarge(
  blobs: BlobStore,
  entry: FileEntry,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  if (!blobs.has(entry.digest)) throw missing(blobs, entry);
  await copyFile(blobs.path(entry.digest), path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  if ((await digestOfFile(path, signal)) !== entry.digest)
    throw blobs.discardDamaged(entry.digest, entry.path);
  chmodSync(path, modeOf(entry));
}

function modeOf(entry: FileEntry): number {
  return entry.executable ? 0o755 : 0o644;
}

function readBlob(blobs: BlobStore, entry: FileEntry): Buffer {
  try {
    return readFileSync(blobs.path(entry.digest));
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? missing(blobs, entry) : error;
  }
}

function missing(blobs: BlobStore, entry: FileEntry): Failure {
  return new Failure('not-found', `Blob ${entry.digest} (${entry.path}) is not in ${blobs.directory}.`, {
    hint: 'Send what the host lacks, then stage the release again.',
    details: { digest: entry.digest },
  });
}

/** False when another was faster: its tree is complete as well. */
async function putInPlace(partial: string, path: string): Promise<boolean> {
  try {
    await rename(partial, path);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    throw error;
  }
}
