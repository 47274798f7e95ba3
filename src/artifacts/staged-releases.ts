import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '../system/durable-file.ts';
import { type Digest, isDigest } from './digest.ts';
import { removeTree } from './remove-tree.ts';
import { temporaryName } from './temporary-name.ts';

/** Releases whose tree lies complete in this directory. */
export async function listReleases(releasesDirectory: string): Promise<Digest[]> {
  try {
    return (await readdir(releasesDirectory)).filter(isDigest).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Removes a release's tree; half-way it no longer counts as one. False when there was none. Nothing may run in it. */
export async function removeRelease(releasesDirectory: string, release: Digest): Promise<boolean> {
  if (!isDigest(release)) throw new Error(`not a digest: ${release}`);
  const aside = join(releasesDirectory, temporaryName(`${release}.removing`));
  try {
    await rename(join(releasesDirectory, release), aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  await syncDirectory(releasesDirectory);
  await removeTree(aside);
  return true;
}
