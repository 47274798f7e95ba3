import { isUtf8 } from 'node:buffer';
import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../core/failure.ts';
import { fileFailure } from './file-failure.ts';
import { inSlices } from './in-slices.ts';
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
  readonly enter?: (path: string) => void;
}

/**
 * Everything below `root`. Throws `source-invalid` for what no release can hold, `permission-denied` for what may
 * not be read.
 */
export async function walkDirectory(
  root: string,
  signal: AbortSignal,
  options: WalkOptions = {},
): Promise<FoundEntry[]> {
  const found: FoundEntry[] = [];
  await inSlices(walk(root, '', options), signal, (entry) => found.push(entry));
  return found;
}

function* walk(root: string, directory: string, options: WalkOptions): Generator<FoundEntry> {
  options.enter?.(directory);
  for (const { name, isDirectory } of readNames(root, directory)) {
    const path = directory === '' ? name : `${directory}/${name}`;
    if (options.leaveOut?.(path, isDirectory) === true) continue;
    const entry = findEntry(root, path);
    if (entry === undefined) continue;
    yield entry;
    if (entry.type === 'directory') yield* walk(root, path, options);
  }
}

/** Undefined when nothing lies there (any more). */
export function findEntry(root: string, path: string): FoundEntry | undefined {
  const absolute = join(root, path);
  try {
    const status = lstatSync(absolute, { throwIfNoEntry: false });
    if (status === undefined) return undefined;
    if (status.isFile())
      return { type: 'file', path, size: status.size, executable: (status.mode & 0o100) !== 0 };
    if (status.isDirectory()) return { type: 'directory', path };
    if (status.isSymbolicLink())
      return { type: 'link', path, target: portableTarget(root, path, readlinkSync(absolute)) };
    throw unfit(absolute, status.isFIFO() ? 'a named pipe' : status.isSocket() ? 'a socket' : 'a device');
  } catch (error) {
    throw fileFailure(error, `read ${JSON.stringify(path)}`, absolute);
  }
}

function readNames(
  root: string,
  directory: string,
): readonly { readonly name: string; readonly isDirectory: boolean }[] {
  const absolute = join(root, directory);
  try {
    const names = readdirSync(absolute, { withFileTypes: true });
    // Node writes U+FFFD for bytes that are no UTF-8; only then is it worth reading the bytes themselves.
    if (names.some(({ name }) => name.includes('\uFFFD'))) refuseUnreadableNames(absolute);
    return names.map((entry) => ({ name: entry.name, isDirectory: entry.isDirectory() }));
  } catch (error) {
    throw fileFailure(error, `read the directory ${JSON.stringify(directory || '.')}`, absolute);
  }
}

function refuseUnreadableNames(directory: string): void {
  for (const name of readdirSync(directory, { encoding: 'buffer' })) {
    if (!isUtf8(name)) throw unreadableName(name, directory);
  }
}

/** What every caller says of a name that cannot stand in a tree. */
export function unreadableName(name: Buffer, directory: string): Failure {
  const shown = name
    .toString('latin1')
    .replace(/[^ -~]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return new Failure(
    'source-invalid',
    `Cannot make a release: the name "${shown}" in ${directory} is not UTF-8.`,
    { hint: 'Rename it, or leave its directory out with build.ignore.', details: { directory } },
  );
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

function unfit(path: string, what: string): Failure {
  return new Failure('source-invalid', `Cannot make a release: ${JSON.stringify(path)} is ${what}.`, {
    hint: 'A release holds files, directories and links only. Remove it, or leave it out with build.ignore.',
    details: { path },
  });
}
