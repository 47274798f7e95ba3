import { constants } from 'node:fs';
import {
  chmod,
  copyFile,
  lutimes,
  mkdir,
  readFile,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { smallFile } from '../../artifacts/blob-store.ts';
import { filesAtOnce, forEachBounded } from '../../artifacts/bounded.ts';
import { digestOf, digestOfFile } from '../../artifacts/digest.ts';
import { fileFailure, requireSpace } from '../../artifacts/file-failure.ts';
import { type Tree, type TreeEntry, treeOf } from '../../artifacts/tree.ts';
import type { FoundEntry } from '../../artifacts/walk-directory.ts';

/**
 * Seconds since the epoch that every file of the source copy carries, and `SOURCE_DATE_EPOCH` of the build: archives
 * and caches that note the times of their inputs come out alike. ZIP files cannot hold a time before 1980.
 */
export const sourceTime = 946_684_800;

/**
 * Copies entries of `from` into the new directory `to`, with the same modes and times whatever they were. What it
 * returns describes the copy, also when the source changes meanwhile. `inspect` sees every file's content in pieces.
 */
export async function copySource(
  entries: readonly FoundEntry[],
  from: string,
  to: string,
  signal: AbortSignal,
  inspect: (path: string) => (piece: Buffer) => void,
): Promise<Tree> {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : 1));
  const total = sorted.reduce((sum, entry) => sum + (entry.type === 'file' ? entry.size : 0), 0);
  try {
    await requireSpace(join(to, '..'), { bytes: total, files: sorted.length }, 'copy the source');
    await mkdir(to, { mode: 0o755 });
    const copied: TreeEntry[] = [];
    for (const entry of sorted) {
      if (entry.type === 'directory') await mkdir(join(to, entry.path), { mode: 0o755 });
      if (entry.type === 'link') await makeLink(join(to, entry.path), entry.target);
      if (entry.type !== 'file') copied.push(entry);
    }
    const files = sorted.filter((entry) => entry.type === 'file');
    await forEachBounded(files, filesAtOnce, signal, async (entry) => {
      copied.push(
        await copyOne(entry, join(from, entry.path), join(to, entry.path), signal, inspect(entry.path)),
      );
    });
    const directories = ['', ...sorted.flatMap(({ type, path }) => (type === 'directory' ? [path] : []))];
    for (const path of directories) await utimes(join(to, path), sourceTime, sourceTime);
    return treeOf(copied);
  } catch (error) {
    throw fileFailure(error, 'copy the source', to, total);
  }
}

async function makeLink(path: string, target: string): Promise<void> {
  await symlink(target, path);
  await lutimes(path, sourceTime, sourceTime);
}

async function copyOne(
  entry: FoundEntry & { readonly type: 'file' },
  from: string,
  to: string,
  signal: AbortSignal,
  inspect: (piece: Buffer) => void,
): Promise<TreeEntry> {
  let { size } = entry;
  let digest: string;
  if (size <= smallFile) {
    const content = await readFile(from);
    inspect(content);
    digest = digestOf(content);
    size = content.length;
    await writeFile(to, content, { flag: 'wx' });
  } else {
    await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    digest = await digestOfFile(to, signal, inspect);
    size = (await stat(to)).size;
  }
  await chmod(to, entry.executable ? 0o755 : 0o644);
  await utimes(to, sourceTime, sourceTime);
  return { ...entry, size, digest };
}
