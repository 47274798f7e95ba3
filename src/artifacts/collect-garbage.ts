import { statSync } from 'node:fs';
import { Failure } from '../core/failure.ts';
import type { Instant } from '../core/units.ts';
import type { BlobStore } from './blob-store.ts';
import type { Digest } from './digest.ts';
import { inSlices } from './in-slices.ts';
import { pinnedReleases } from './pins.ts';
import { releaseBlobs } from './release-document.ts';

export interface GarbageRequest {
  /** Releases whose blobs stay, besides the pinned ones. */
  readonly keep: Iterable<Digest>;
  /** Blobs stored or used again after this instant stay: a build or a transfer may be about to refer to them. */
  readonly usedAfter: Instant;
}

export interface Garbage {
  readonly blobs: number;
  readonly bytes: number;
}

/**
 * Removes every blob that no kept release refers to. When a kept release cannot be read nothing is removed, for then nobody
 * knows what it needs.
 */
export async function collectGarbage(
  blobs: BlobStore,
  request: GarbageRequest,
  signal: AbortSignal,
): Promise<Garbage> {
  const needed = new Set<Digest>();
  for (const release of new Set([...request.keep, ...(await pinnedReleases(blobs))])) {
    signal.throwIfAborted();
    for (const digest of await neededBy(blobs, release)) needed.add(digest);
  }
  let removed = 0;
  let bytes = 0;
  await inSlices(await blobs.digests(), signal, (digest) => {
    if (needed.has(digest)) return;
    const status = statSync(blobs.path(digest), { throwIfNoEntry: false });
    if (status === undefined || status.ctimeMs > request.usedAfter) return;
    blobs.remove(digest);
    removed += 1;
    bytes += status.size;
  });
  return { blobs: removed, bytes };
}

/** A release that lies here unpacked only needs no blob. */
async function neededBy(blobs: BlobStore, release: Digest): Promise<readonly Digest[]> {
  try {
    return await releaseBlobs(blobs, release);
  } catch (error) {
    if (error instanceof Failure && error.code === 'not-found' && !blobs.has(release)) return [];
    throw error;
  }
}
