import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BlobStore, type StoredBlob, smallFile } from './blob-store.ts';
import { digestOf, digestOfFile } from './digest.ts';
import { requireSpace } from './file-failure.ts';
import { inSlices } from './in-slices.ts';
import { findEscapingLink } from './link-target.ts';
import { type Tree, type TreeEntry, treeOf } from './tree.ts';
import { escapingLink, type FoundEntry, walkDirectory } from './walk-directory.ts';

type FoundFile = Extract<FoundEntry, { type: 'file' }>;

export interface CaptureOptions {
  /** Paths (files or whole directories) that are no part of the tree. */
  readonly leaveOut?: (path: string) => boolean;
  /** The files become blobs themselves where that saves copying them; the directory is only good for removal then. */
  readonly take?: boolean;
  /** Sees the content of every file, in pieces; what it throws ends the capture. */
  readonly inspect?: (path: string) => (piece: Buffer) => void;
}

export interface CapturedTree {
  readonly tree: Tree;
  /** Blobs that the store did not have. */
  readonly added: readonly string[];
}

/**
 * Stores the content of every file below `directory` and lists it. Nobody may write there meanwhile. The
 * blobs are complete but not yet flushed to the disk.
 */
export async function captureTree(
  blobs: BlobStore,
  directory: string,
  signal: AbortSignal,
  options: CaptureOptions = {},
): Promise<CapturedTree> {
  const { leaveOut } = options;
  const found = await walkDirectory(directory, signal, leaveOut === undefined ? {} : { leaveOut });
  refuseEscapingLinks(directory, found);
  const entries: TreeEntry[] = [];
  const added = new Set<string>();
  const note = (entry: FoundFile, stored: StoredBlob): void => {
    if (stored.added) added.add(stored.digest);
    entries.push({ ...entry, size: stored.size, digest: stored.digest });
  };
  await inSlices(found, signal, (entry) => {
    if (entry.type !== 'file') entries.push(entry);
    else if (entry.size <= smallFile)
      note(entry, storeSmall(blobs, join(directory, entry.path), entry, options));
  });
  for (const entry of found) {
    if (entry.type === 'file' && entry.size > smallFile)
      note(entry, await storeLarge(blobs, join(directory, entry.path), entry, signal, options));
  }
  return { tree: treeOf(entries), added: [...added] };
}

/** Throws `source-invalid` naming the first link that leads out of `directory`. */
export function refuseEscapingLinks(directory: string, found: readonly FoundEntry[]): void {
  const escaping = findEscapingLink(found);
  if (escaping !== undefined) throw escapingLink(directory, escaping.path, escaping.target);
}

function storeSmall(blobs: BlobStore, path: string, entry: FoundFile, options: CaptureOptions): StoredBlob {
  const content = readFileSync(path);
  options.inspect?.(entry.path)(content);
  const taken = options.take === true ? blobs.takeFile(path, digestOf(content), content.length) : undefined;
  return taken ?? blobs.putBytes(content);
}

async function storeLarge(
  blobs: BlobStore,
  path: string,
  entry: FoundFile,
  signal: AbortSignal,
  options: CaptureOptions,
): Promise<StoredBlob> {
  const digest = await digestOfFile(path, signal, options.inspect?.(entry.path));
  const taken = options.take === true ? blobs.takeFile(path, digest, entry.size) : undefined;
  if (taken !== undefined) return taken;
  await requireSpace(blobs.directory, { bytes: entry.size, files: 1 }, `store ${JSON.stringify(entry.path)}`);
  return await blobs.putFile(path, entry.size, signal);
}
