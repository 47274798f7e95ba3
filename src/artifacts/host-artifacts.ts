import { join } from 'node:path';
import type { BlobStore } from './blob-store.ts';
import type { Digest } from './digest.ts';
import { materialiseRelease } from './materialise-release.ts';
import { listReleases, removeRelease } from './staged-releases.ts';

/**
 * Blobs and release trees of a host, as its agent uses them. On the machine of the control plane both share
 * one store of blobs, so nothing is ever sent there, and the control plane collects the garbage.
 */
export class LocalArtifacts {
  readonly #blobs: BlobStore;
  readonly #directory: string;

  /** `directory` holds the release trees. */
  constructor(blobs: BlobStore, directory: string) {
    this.#blobs = blobs;
    this.#directory = directory;
  }

  missing(digests: readonly Digest[], signal: AbortSignal): Promise<readonly Digest[]> {
    return this.#blobs.missing(digests, signal);
  }

  async put(
    blob: { readonly digest: Digest; readonly size: number },
    content: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#blobs.putStream(content, signal, blob);
  }

  stage(release: Digest, signal: AbortSignal) {
    return materialiseRelease(this.#blobs, release, this.#directory, signal);
  }

  staged(): Promise<readonly Digest[]> {
    return listReleases(this.#directory);
  }

  async remove(releases: readonly Digest[]): Promise<void> {
    for (const release of releases) await removeRelease(this.#directory, release);
  }

  treePath(release: Digest): string {
    return join(this.#directory, release);
  }
}
