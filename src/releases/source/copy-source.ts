import {
  chmodSync,
  constants,
  lutimesSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { smallFile } from '../../artifacts/blob-store.ts';
import { digestOf, digestOfFile } from '../../artifacts/digest.ts';
import { fileFailure, requireSpace } from '../../artifacts/file-failure.ts';
import { inSlices } from '../../artifacts/in-slices.ts';
import { type Tree, type TreeEntry, treeOf } from '../../artifacts/tree.ts';
import type { FoundEntry } from '../../artifacts/walk-directory.ts';

type FoundFile = Extract<FoundEntry, { type: 'file' }>;
type Inspect = (path: string) => (piece: Buffer) => void;

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
  inspect: Inspect,
): Promise<Tree> {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : 1));
  const total = sorted.reduce((sum, entry) => sum + (entry.type === 'file' ? entry.size : 0), 0);
  try {
    await requireSpace(join(to, '..'), { bytes: total, files: sorted.length }, 'copy the source');
    makeDirectory(to);
    const copied: TreeEntry[] = [];
    await inSlices(sorted, signal, (entry) => {
      const place = join(to, entry.path);
      if (entry.type === 'directory') makeDirectory(place);
      if (entry.type === 'link') makeLink(place, entry.target);
      if (entry.type !== 'file') copied.push(entry);
      else if (entry.size <= smallFile) copied.push(copySmall(entry, join(from, entry.path), place, inspect));
    });
    for (const entry of sorted) {
      if (entry.type === 'file' && entry.size > smallFile)
        copied.push(await copyLarge(entry, join(from, entry.path), join(to, entry.path), signal, inspect));
    }
    await inSlices(copied, signal, ({ type, path }) => {
      if (type === 'directory') utimesSync(join(to, path), sourceTime, sourceTime);
    });
    utimesSync(to, sourceTime, sourceTime);
    return treeOf(copied);
  } catch (error) {
    throw fileFailure(error, 'copy the source', to, total);
  }
}

/** `mkdir` heeds the umask of the process; the copy does not depend on it. */
function makeDirectory(path: string): void {
  mkdirSync(path);
  chmodSync(path, 0o755);
}

function makeLink(path: string, target: string): void {
  symlinkSync(target, path);
  lutimesSync(path, sourceTime, sourceTime);
}

function copySmall(entry: FoundFile, from: string, to: string, inspect: Inspect): TreeEntry {
  const content = readFileSync(from);
  inspect(entry.path)(content);
  writeFileSync(to, content, { flag: 'wx' });
  finish(entry, to);
  return { ...entry, size: content.length, digest: digestOf(content) };
}

async function copyLarge(
  entry: FoundFile,
  from: string,
  to: string,
  signal: AbortSignal,
  inspect: Inspect,
): Promise<TreeEntry> {
  await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  const digest = await digestOfFile(to, signal, inspect(entry.path));
  finish(entry, to);
  return { ...entry, size: statSync(to).size, digest };
}

function finish(entry: FoundFile, path: string): void {
  chmodSync(path, entry.executable ? 0o755 : 0o644);
  utimesSync(path, sourceTime, sourceTime);
}
