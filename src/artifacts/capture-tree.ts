import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobStore } from './blob-store.ts';
import { smallFile } from './blob-store.ts';
import { filesAtOnce, forEachBounded } from './bounded.ts';
import { digestOfFile } from './digest.ts';
import { requireSpace } from './file-failure.ts';
import { findEscapingLink } from './link-target.ts';
import { type Tree, type TreeEntry, treeOf } from './tree.ts';
import { escapingLink, type FoundEntry, walkDirectory } from './walk-directory.ts';

export interface CaptureOptions {
  /** Paths (files or whole directories) that are no part of the tree. */
  readonly leaveOut?: (path: string) => boolean;
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
  await forEachBounded(found, filesAtOnce, signal, async (entry) => {
    if (entry.type !== 'file') {
      entries.push(entry);
      return;
    }
    const stored = await storeFile(blobs, join(directory, entry.path), entry, signal, options);
    if (stored.added) added.add(stored.digest);
    entries.push({ ...entry, size: stored.size, digest: stored.digest });
  });
  return { tree: treeOf(entries), added: [...added] };
}

/** Throws `source-invalid` naming the first link that leads out of `directory`. */
export function refuseEscapingLinks(directory: string, found: readonly FoundEntry[]): void {
  const escaping = findEscapingLink(found);
  if (escaping !== undefined) throw escapingLink(directory, escaping.path, escaping.target);
}

async function storeFile(
  blobs: BlobStore,
  path: string,
  entry: FoundEntry & { readonly type: 'file' },
  signal: AbortSignal,
  options: CaptureOptions,
): ReturnType<BlobStore['putFile']> {
  const inspect = options.inspect?.(entry.path);
  if (entry.size <= smallFile) {
    const content = await readFile(path, { signal });
    inspect?.(content);
    return await blobs.putBytes(content);
  }
  if (inspect !== undefined) await digestOfFile(path, signal, inspect);
  await requireSpace(blobs.directory, { bytes: entry.size, files: 1 }, `store ${JSON.stringify(entry.path)}`);
  return await blobs.putFile(path, entry.size, signal);
}
