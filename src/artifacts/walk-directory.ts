import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../core/failure.ts';
import { filesAtOnce, forEachBounded } from './bounded.ts';
import { fileFailure } from './file-failure.ts';
import { portableTarget } from './link-target.ts';

/** A thing found in a directory that a tree can hold. */
export type FoundEntry =
  | { readonly type: 'directory'; readonly path: string }
  | { readonly type: 'file'; readonly path: string; readonly size: number; readonly executable: boolean }
  | { readonly type: 'link'; readonly path: string; readonly target: string };

export interface WalkOptions {
  /** Called for each path before it is looked at; whole directories are left out by their own path. */
  readonly leaveOut?: (path: string, directory: boolean) => boolean;
  /** Called for each directory before its names are judged by `leaveOut`. */
  readonly enter?: (path: string) => Promise<void>;
}

/**
 * Everything below `root`. Throws `source-invalid` for what no release can hold, `permission-denied` for what may not be read.
 */
export async function walkDirectory(
  root: string,
  signal: AbortSignal,
  options: WalkOptions = {},
): Promise<FoundEntry[]> {
  const found: FoundEntry[] = [];
  let level = [''];
  while (level.length > 0) {
    const deeper: string[] = [];
    await forEachBounded(level, filesAtOnce, signal, async (directory) => {
      await options.enter?.(directory);
      for (const { name, isDirectory } of await readNames(root, directory)) {
        const path = directory === '' ? name : `${directory}/${name}`;
        if (options.leaveOut?.(path, isDirectory) === true) continue;
        const entry = await findEntry(root, path);
        if (entry === undefined) continue;
        found.push(entry);
        if (entry.type === 'directory') deeper.push(path);
      }
    });
    level = deeper;
  }
  return found;
}

/** Undefined when nothing lies there (any more). */
export async function findEntry(root: string, path: string): Promise<FoundEntry | undefined> {
  const absolute = join(root, path);
  try {
    const status = await lstat(absolute);
    if (status.isFile())
      return { type: 'file', path, size: status.size, executable: (status.mode & 0o100) !== 0 };
    if (status.isDirectory()) return { type: 'directory', path };
    if (status.isSymbolicLink())
      return { type: 'link', path, target: portableTarget(root, path, await readlink(absolute)) };
    throw unfit(absolute, status.isFIFO() ? 'a named pipe' : status.isSocket() ? 'a socket' : 'a device');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fileFailure(error, `read ${JSON.stringify(path)}`, absolute);
  }
}

async function readNames(
  root: string,
  directory: string,
): Promise<readonly { readonly name: string; readonly isDirectory: boolean }[]> {
  const absolute = join(root, directory);
  try {
    const names = await readdir(absolute, { withFileTypes: true });
    // Node writes U+FFFD for bytes that are no UTF-8; only then is it worth reading the bytes themselves.
    if (names.some(({ name }) => name.includes('\uFFFD'))) await refuseUnreadableNames(absolute);
    return names.map((entry) => ({ name: entry.name, isDirectory: entry.isDirectory() }));
  } catch (error) {
    throw fileFailure(error, `read the directory ${JSON.stringify(directory || '.')}`, absolute);
  }
}

async function refuseUnreadableNames(directory: string): Promise<void> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for (const name of await readdir(directory, { encoding: 'buffer' })) {
    try {
      decoder.decode(name);
    } catch (error) {
      const shown = name
        .toString('latin1')
        .replace(/[^ -~]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
      throw new Failure(
        'source-invalid',
        `Cannot make a release: the name "${shown}" in ${directory} is not UTF-8.`,
        {
          hint: 'Rename it, or leave its directory out with build.ignore.',
          details: { directory },
          cause: error,
        },
      );
    }
  }
}

function unfit(path: string, what: string): Failure {
  return new Failure('source-invalid', `Cannot make a release: ${JSON.stringify(path)} is ${what}.`, {
    hint: 'A release holds files, directories and links only. Remove it, or leave it out with build.ignore.',
    details: { path },
  });
}

/** What every caller says of a link that leads out. */
export function escapingLink(root: string, path: string, target: string): Failure {
  return new Failure(
    'source-invalid',
    `Cannot make a release: the link ${JSON.stringify(path)} leads to ${JSON.stringify(target)}, outside ${root}.`,
    {
      hint: 'Copy what it points to into the source, or leave the link out with build.ignore.',
      details: { path, target },
    },
  );
}
