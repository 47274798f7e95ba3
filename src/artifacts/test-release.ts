import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from '../core/json.ts';
import { BlobStore } from './blob-store.ts';
import { captureTree } from './capture-tree.ts';
import { encodeRelease } from './release-document.ts';
import { encodeTree } from './tree-document.ts';

export interface Workbench extends AsyncDisposable {
  readonly directory: string;
  readonly blobs: BlobStore;
  /** Where releases are unpacked. */
  readonly releases: string;
}

/** A directory of one test with a store in it; it goes when the test ends. */
export async function openWorkbench(): Promise<Workbench> {
  const directory = await mkdtemp(join(tmpdir(), 'artifacts-'));
  const blobs = new BlobStore(join(directory, 'blobs'));
  await blobs.prepare();
  return {
    directory,
    blobs,
    releases: join(directory, 'releases'),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

export async function writeFiles(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(root, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), content);
  }
}

/** Stores what lies in a directory as a release, and returns its digest. */
export async function storeDirectory(blobs: BlobStore, root: string, manifest: Json = {}): Promise<string> {
  const { signal } = new AbortController();
  const { tree } = await captureTree(blobs, root, signal);
  const { digest } = blobs.putBytes(encodeTree(tree));
  const release = encodeRelease({ format: 1, app: 'test', manifest, tree: digest });
  blobs.putBytes(release.content);
  return release.digest;
}
