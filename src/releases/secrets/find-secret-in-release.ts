import type { BlobStore } from '../../artifacts/blob-store.ts';
import { filesAtOnce, forEachBounded } from '../../artifacts/bounded.ts';
import { digestOfFile } from '../../artifacts/digest.ts';
import { readRelease } from '../../artifacts/release-document.ts';
import { createSecretFinder } from './secret-finder.ts';

export interface SecretInRelease {
  readonly path: string;
  /** Its name. */
  readonly secret: string;
}

/** The first file of a stored release that holds one of these values. Reads all of its content. */
export async function findSecretInRelease(
  blobs: BlobStore,
  release: string,
  secrets: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<SecretInRelease | undefined> {
  const finder = createSecretFinder(secrets);
  if (finder === undefined) return undefined;
  const { tree } = await readRelease(blobs, release);
  let first: SecretInRelease | undefined;
  await forEachBounded(tree.entries, filesAtOnce, signal, async (entry) => {
    if (entry.type !== 'file' || first !== undefined) return;
    const search = finder();
    await digestOfFile(blobs.path(entry.digest), signal, (piece) => {
      const secret = search(piece);
      if (secret !== undefined) first ??= { path: entry.path, secret };
    });
  });
  return first;
}
