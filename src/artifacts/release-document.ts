import { Failure } from '../core/failure.ts';
import { canonicalJson, type Json } from '../core/json.ts';
import type { BlobStore } from './blob-store.ts';
import { type Digest, digestOf, isDigest } from './digest.ts';
import type { Tree } from './tree.ts';
import { decodeTree } from './tree-document.ts';

/**
 * What a release is. The digest of its canonical JSON names the release, so it holds nothing that differs between two
 * builds of the same source and manifest: no times, numbers, commits or machines.
 */
export interface ReleaseDocument {
  readonly format: 1;
  readonly app: string;
  /** The normalised manifest. */
  readonly manifest: Json;
  readonly tree: Digest;
}

export interface StoredRelease {
  readonly document: ReleaseDocument;
  readonly tree: Tree;
}

export function encodeRelease(document: ReleaseDocument): {
  readonly content: string;
  readonly digest: Digest;
} {
  const content = canonicalJson(document);
  return { content, digest: digestOf(content) };
}

/** Throws `not-found` when the store lacks it, `state-corrupt` when it cannot be read. */
export async function readRelease(blobs: BlobStore, release: Digest): Promise<StoredRelease> {
  const document = decodeRelease(await blobs.read(release), release);
  return { document, tree: decodeTree(await blobs.read(document.tree)) };
}

/** Everything that another host needs of a release: its document, its tree and its content, each once. */
export async function releaseBlobs(blobs: BlobStore, release: Digest): Promise<Digest[]> {
  const { document, tree } = await readRelease(blobs, release);
  const files = tree.entries.flatMap((entry) => (entry.type === 'file' ? [entry.digest] : []));
  return [...new Set([release, document.tree, ...files])];
}

function decodeRelease(content: Buffer, release: Digest): ReleaseDocument {
  const value: unknown = JSON.parse(content.toString('utf8'));
  if (value !== null && typeof value === 'object') {
    const { format, app, manifest, tree } = value as Record<string, unknown>;
    if (
      format === 1 &&
      typeof app === 'string' &&
      manifest !== undefined &&
      typeof tree === 'string' &&
      isDigest(tree)
    )
      return { format, app, manifest: manifest as Json, tree };
  }
  throw new Failure(
    'state-corrupt',
    `Release ${release} is written in a form that this version does not know.`,
    {
      hint: 'Build it anew, or use the version of Mainstay that built it.',
    },
  );
}
