import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileDurably } from '../system/durable-file.ts';
import type { BlobStore } from './blob-store.ts';
import { type Digest, isDigest } from './digest.ts';
import { makeDirectories } from './make-directories.ts';

/**
 * A pinned release is kept by every collection of garbage, whoever runs it: control and an agent of the same
 * machine share one store, and the agent knows only the releases that it has staged. Whoever builds a release pins it.
 */
export async function pinRelease(blobs: BlobStore, release: Digest): Promise<void> {
  if (!isDigest(release)) throw new Error(`not a digest: ${release}`);
  makeDirectories(directoryOf(blobs), 0o700);
  await writeFileDurably(join(directoryOf(blobs), release), '');
}

/** From now on a collection may take what no other release needs. */
export async function unpinRelease(blobs: BlobStore, release: Digest): Promise<void> {
  if (!isDigest(release)) throw new Error(`not a digest: ${release}`);
  await rm(join(directoryOf(blobs), release), { force: true });
}

export async function pinnedReleases(blobs: BlobStore): Promise<Digest[]> {
  try {
    return (await readdir(directoryOf(blobs))).filter(isDigest).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function directoryOf(blobs: BlobStore): string {
  return join(blobs.directory, 'pins');
}
