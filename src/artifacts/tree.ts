import type { Digest } from './digest.ts';

/** Paths are relative with `/` between names. Of the mode only the owner's right to execute counts. */
export type TreeEntry =
  | { readonly type: 'directory'; readonly path: string }
  | {
      readonly type: 'file';
      readonly path: string;
      readonly size: number;
      readonly executable: boolean;
      readonly digest: Digest;
    }
  /** A symbolic link; following it from inside the tree never leads out of the tree. */
  | { readonly type: 'link'; readonly path: string; readonly target: string };

/**
 * What a directory holds, without times and owners: equal content gives equal bytes and so one digest.
 * Sorted by path (by code unit); each entry's parents are directories of the tree.
 */
export interface Tree {
  readonly entries: readonly TreeEntry[];
}

export interface TreeSize {
  readonly files: number;
  readonly bytes: number;
}

export function treeOf(entries: Iterable<TreeEntry>): Tree {
  return { entries: [...entries].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)) };
}

export function treeSize(tree: Tree): TreeSize {
  let files = 0;
  let bytes = 0;
  for (const entry of tree.entries) {
    if (entry.type !== 'file') continue;
    files += 1;
    bytes += entry.size;
  }
  return { files, bytes };
}
