import { readFileSync } from 'node:fs';
import { type BlobStore, smallFile } from '../../artifacts/blob-store.ts';
import { digestOfFile } from '../../artifacts/digest.ts';
import { inSlices } from '../../artifacts/in-slices.ts';
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
  const search = (path: string): ((piece: Buffer) => void) => {
    const found = finder();
    return (piece) => {
      const secret = found(piece);
      if (secret !== undefined) first ??= { path, secret };
    };
  };
  await inSlices(tree.entries, signal, (entry) => {
    if (first === undefined && entry.type === 'file' && entry.size <= smallFile)
      search(entry.path)(readFileSync(blobs.path(entry.digest)));
  });
  for (const entry of tree.entries) {
    if (first !== undefined) break;
    if (entry.type === 'file' && entry.size > smallFile)
      await digestOfFile(blobs.path(entry.digest), signal, search(entry.path));
  }
  return first;
}
