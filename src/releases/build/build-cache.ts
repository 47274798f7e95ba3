import { createHash } from 'node:crypto';
import { lstat, realpath, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeDirectories } from '../../artifacts/make-directories.ts';
import { removeTree } from '../../artifacts/remove-tree.ts';

/**
 * Moves the directories that `build.cache` names into the tree, and out again after the build. They are moved, not
 * copied: where a build is killed the cache is lost with the tree, so that no later build trusts a half-written one.
 */
export class BuildCache {
  readonly #kept: string;
  readonly #tree: string;
  readonly #directories: readonly string[];

  constructor(kept: string, tree: string, directories: readonly string[]) {
    this.#kept = kept;
    this.#tree = tree;
    this.#directories = directories.map((directory) => directory.replace(/\/+$/, ''));
  }

  /** A directory that the source brings itself is left as it is. */
  async moveIn(): Promise<void> {
    for (const directory of this.#directories) {
      const place = join(this.#tree, directory);
      if ((await exists(place)) || !(await exists(this.#place(directory)))) continue;
      makeDirectories(dirname(place), 0o755);
      if (!(await this.#liesInTree(place))) continue;
      await rename(this.#place(directory), place);
    }
  }

  /** To be called only when every command has ended by itself, with or without success. */
  async moveOut(): Promise<void> {
    makeDirectories(this.#kept, 0o700);
    for (const directory of this.#directories) {
      const place = join(this.#tree, directory);
      if (!(await isDirectory(place)) || !(await this.#liesInTree(place))) continue;
      await removeTree(this.#place(directory));
      await rename(place, this.#place(directory));
    }
  }

  /** Behind a link that a build made, it may be something that is not ours to move. */
  async #liesInTree(place: string): Promise<boolean> {
    const [tree, parent] = await Promise.all([realpath(this.#tree), realpath(dirname(place))]);
    return parent === tree || parent.startsWith(`${tree}/`);
  }

  /** A nested path becomes one name. */
  #place(directory: string): string {
    return join(this.#kept, createHash('sha256').update(directory).digest('hex').slice(0, 16));
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch {
    return false;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory();
  } catch {
    return false;
  }
}
