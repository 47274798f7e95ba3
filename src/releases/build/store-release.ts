import type { BlobStore } from '../../artifacts/blob-store.ts';
import { captureTree } from '../../artifacts/capture-tree.ts';
import { flushFiles } from '../../artifacts/flush-files.ts';
import { inSlices } from '../../artifacts/in-slices.ts';
import { pinRelease } from '../../artifacts/pins.ts';
import { encodeRelease, readRelease } from '../../artifacts/release-document.ts';
import { type Tree, treeSize } from '../../artifacts/tree.ts';
import { encodeTree } from '../../artifacts/tree-document.ts';
import { Failure } from '../../core/failure.ts';
import { toCanonicalManifest } from '../../manifest/canonical.ts';
import type { Manifest } from '../../manifest/manifest.ts';
import { findSecretInRelease } from '../secrets/find-secret-in-release.ts';
import { createSecretFinder } from '../secrets/secret-finder.ts';

export interface StoredRelease {
  readonly digest: string;
  readonly treeDigest: string;
  readonly files: number;
  readonly bytes: number;
}

/** Stores a built tree as a release, durably, and pins it. Throws `build-failed` when a file holds a secret. */
export async function storeRelease(
  blobs: BlobStore,
  built: {
    readonly tree: string;
    readonly manifest: Manifest;
    readonly secrets: Readonly<Record<string, string>>;
  },
  signal: AbortSignal,
): Promise<StoredRelease & { readonly newBlobs: number }> {
  const finder = createSecretFinder(built.secrets);
  const { tree, added } = await captureTree(blobs, built.tree, signal, {
    take: true,
    ...(finder === undefined ? {} : { inspect: (path: string) => refuseSecrets(path, finder()) }),
  });
  const treeBlob = blobs.putBytes(encodeTree(tree));
  const release = encodeRelease({
    format: 1,
    app: built.manifest.app,
    manifest: toCanonicalManifest(built.manifest),
    tree: treeBlob.digest,
  });
  // Content first: whoever finds the release after a power cut finds what it refers to.
  const digests = [...added, treeBlob.digest];
  await flush(blobs, digests, signal);
  blobs.putBytes(release.content);
  await flush(blobs, [release.digest], signal);
  await pinRelease(blobs, release.digest);
  return { digest: release.digest, treeDigest: treeBlob.digest, ...treeSize(tree), newBlobs: added.length };
}

/**
 * The release of an earlier build, pinned again, when all of it is still there in full length; else undefined. Throws
 * `build-failed` when it holds a value that has become a secret since.
 */
export async function reuseRelease(
  blobs: BlobStore,
  release: string,
  secrets: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<StoredRelease | undefined> {
  try {
    await pinRelease(blobs, release);
    const { document, tree } = await readRelease(blobs, release);
    if (!(await isComplete(blobs, tree, signal))) return undefined;
    const found = await findSecretInRelease(blobs, release, secrets, signal);
    if (found !== undefined) throw holdsSecret(found.path, found.secret);
    return { digest: release, treeDigest: document.tree, ...treeSize(tree) };
  } catch (error) {
    // It is built anew, which puts back what is gone or damaged.
    if (error instanceof Failure && (error.code === 'not-found' || error.code === 'state-corrupt'))
      return undefined;
    throw error;
  }
}

async function flush(blobs: BlobStore, digests: readonly string[], signal: AbortSignal): Promise<void> {
  const paths = digests.map((digest) => blobs.relativePath(digest));
  const directories = new Set(paths.map((path) => path.slice(0, path.lastIndexOf('/'))));
  await flushFiles(blobs.directory, [...paths, ...directories], signal);
}

async function isComplete(blobs: BlobStore, tree: Tree, signal: AbortSignal): Promise<boolean> {
  let complete = true;
  await inSlices(tree.entries, signal, (entry) => {
    if (complete && entry.type === 'file' && blobs.sizeNow(entry.digest) !== entry.size) complete = false;
  });
  return complete;
}

function refuseSecrets(path: string, search: (piece: Buffer) => string | undefined): (piece: Buffer) => void {
  return (piece) => {
    const secret = search(piece);
    if (secret !== undefined) throw holdsSecret(path, secret);
  };
}

function holdsSecret(path: string, secret: string): Failure {
  return new Failure(
    'build-failed',
    `The build put the value of the secret ${secret} into ${JSON.stringify(path)}; no release was made.`,
    {
      hint: `The app receives ${secret} in its environment when it runs. Find out where the build has it from, and set a new value.`,
      details: { path, secret },
    },
  );
}
