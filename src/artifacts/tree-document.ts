import { Failure } from '../core/failure.ts';
import { canonicalJson } from '../core/json.ts';
import { isDigest } from './digest.ts';
import { findEscapingLink } from './link-target.ts';
import type { Tree, TreeEntry } from './tree.ts';

/** It is part of every digest. */
const format = 1;

/** One canonical line for the head and one for each entry, so that neither side holds a second copy of it all. */
export function encodeTree(tree: Tree): Buffer {
  const lines = [{ format, entries: tree.entries.length }, ...tree.entries];
  return Buffer.from(lines.map((line) => `${canonicalJson(line)}\n`).join(''));
}

/**
 * Refuses (`state-corrupt`) whatever could write outside the directory that the tree is unpacked to: the bytes
 * may come from another machine.
 */
export function decodeTree(content: Uint8Array): Tree {
  const lines = Buffer.from(content.buffer, content.byteOffset, content.byteLength)
    .toString('utf8')
    .split('\n');
  const head = parseLine(lines[0]);
  if (head?.['format'] !== format) throw unreadable(`its format is not ${format}`);
  if (lines.length !== Number(head['entries']) + 2 || lines.at(-1) !== '')
    throw unreadable('it is cut short');
  const types = new Map<string, TreeEntry['type']>();
  let before = '';
  const entries = lines.slice(1, -1).map((line) => {
    const entry = toEntry(parseLine(line));
    if (entry.path <= before) throw unreadable(`${JSON.stringify(entry.path)} is out of order`);
    const parent = entry.path.slice(0, Math.max(0, entry.path.lastIndexOf('/')));
    if (parent !== '' && types.get(parent) !== 'directory')
      throw unreadable(`${JSON.stringify(entry.path)} lies in no directory`);
    before = entry.path;
    types.set(entry.path, entry.type);
    return entry;
  });
  const escaping = findEscapingLink(entries);
  if (escaping !== undefined) throw unreadable(`the link ${JSON.stringify(escaping.path)} leads out of it`);
  return { entries };
}

function parseLine(line: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line ?? '');
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function toEntry(line: Record<string, unknown> | undefined): TreeEntry {
  const { type, path, size, executable, digest, target } = line ?? {};
  if (typeof path !== 'string' || !isInnerPath(path)) throw unreadable(`${JSON.stringify(path)} is no path`);
  if (type === 'directory') return { type, path };
  if (type === 'link' && typeof target === 'string' && target !== '' && !target.includes('\0'))
    return { type, path, target };
  if (
    type === 'file' &&
    typeof size === 'number' &&
    Number.isSafeInteger(size) &&
    size >= 0 &&
    typeof executable === 'boolean' &&
    typeof digest === 'string' &&
    isDigest(digest)
  )
    return { type, path, size, executable, digest };
  throw unreadable(`the entry ${JSON.stringify(path)} is incomplete`);
}

function isInnerPath(path: string): boolean {
  return (
    !path.includes('\0') && path.split('/').every((name) => name !== '' && name !== '.' && name !== '..')
  );
}

function unreadable(why: string): Failure {
  return new Failure('state-corrupt', `The list of files of a release cannot be used: ${why}.`, {
    hint: 'Build the release anew.',
  });
}
