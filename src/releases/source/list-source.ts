import { readFileSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { refuseEscapingLinks } from '../../artifacts/capture-tree.ts';
import { inSlices } from '../../artifacts/in-slices.ts';
import { type FoundEntry, findEntry, walkDirectory } from '../../artifacts/walk-directory.ts';
import { Failure } from '../../core/failure.ts';
import { hasRepository, isWorkTree, type Revision, readRevision, sourcePaths } from './git-repository.ts';
import { type IgnoreRules, judge, leavesOut, parseIgnoreRules } from './ignore-rules.ts';

export interface SourceRequest {
  readonly directory: string;
  /** Patterns of `build.ignore`. */
  readonly ignore: readonly string[];
  /** Directories of Mainstay itself, which may lie inside the source. */
  readonly ownDirectories: readonly string[];
  /** Where programs are looked for. */
  readonly path: string;
}

export interface Source {
  /** Where the paths begin, without links. */
  readonly root: string;
  readonly entries: readonly FoundEntry[];
  readonly revision: Revision;
  /** What a person may wonder about later. */
  readonly notes: readonly string[];
}

/**
 * What of a directory is source. In a git work tree: files that are tracked, or neither tracked nor ignored, with the content of
 * nested repositories; elsewhere whatever no `.gitignore` leaves out. Never `.git`, `node_modules` at the top, what
 * `build.ignore` names and Mainstay's own state. Throws `source-invalid`, `not-found`.
 */
export async function listSource(request: SourceRequest, signal: AbortSignal): Promise<Source> {
  const root = await resolveRoot(request.directory);
  const leftOut = await alwaysLeftOut(root, request);
  const notes: string[] = [];
  const tracked = await isWorkTree(root, request.path, signal);
  const entries = tracked
    ? await listRepository(root, '', leftOut, request.path, notes, signal)
    : await listPlain(root, leftOut, signal);
  refuseEscapingLinks(root, entries);
  if (!entries.some(({ type }) => type === 'file'))
    throw new Failure(
      'source-invalid',
      `Cannot make a release: ${root} holds no file that is not left out.`,
      {
        hint: 'Check the directory, its .gitignore and build.ignore.',
      },
    );
  const revision = tracked ? await readRevision(root, request.path, signal) : { commit: null, dirty: false };
  return { root, entries, revision, notes };
}

async function resolveRoot(directory: string): Promise<string> {
  try {
    return await realpath(directory);
  } catch (error) {
    throw new Failure('source-invalid', `Cannot read the source ${directory}: ${(error as Error).message}.`, {
      hint: 'Name a directory that exists and that Mainstay may read.',
      cause: error,
    });
  }
}

type LeftOut = (path: string, directory: boolean) => boolean;

async function alwaysLeftOut(root: string, request: SourceRequest): Promise<LeftOut> {
  const rules = parseIgnoreRules(request.ignore.join('\n'));
  const own = new Set<string>();
  for (const directory of request.ownDirectories) {
    const inside = relative(root, await realpath(directory).catch(() => directory));
    if (inside === '')
      throw new Failure(
        'source-invalid',
        `Cannot make a release: ${root} is where Mainstay keeps its own state.`,
        {
          hint: 'Name the directory of the source, or set MAINSTAY_HOME to another one.',
          details: { directory: root },
        },
      );
    if (!inside.startsWith('..')) own.add(inside);
  }
  return (path, directory) =>
    path === 'node_modules' ||
    path.startsWith('node_modules/') ||
    path === '.git' ||
    path.endsWith('/.git') ||
    [...own].some((inside) => path === inside || path.startsWith(`${inside}/`)) ||
    leavesOut(rules, path, directory);
}

async function listRepository(
  root: string,
  prefix: string,
  leftOut: LeftOut,
  programs: string,
  notes: string[],
  signal: AbortSignal,
): Promise<FoundEntry[]> {
  const listed = await sourcePaths(join(root, prefix), programs, signal);
  const entries = new Map<string, FoundEntry>();
  const nested: string[] = [];
  await inSlices(listed, signal, (name) => {
    const path = join(prefix, name.endsWith('/') ? name.slice(0, -1) : name);
    if (leftOut(path, false) || !addParents(root, path, entries)) return;
    const entry = findEntry(root, path);
    // A tracked file that was deleted from the work tree is no longer part of the source.
    if (entry === undefined || leftOut(path, entry.type === 'directory')) return;
    entries.set(path, entry);
    if (entry.type === 'directory') nested.push(path);
  });
  for (const path of nested) {
    for (const inner of await listNested(root, path, leftOut, programs, notes, signal))
      entries.set(inner.path, inner);
  }
  return [...entries.values()];
}

/** A submodule, or a repository that lies in another without being known to it: its content is source as well. */
async function listNested(
  root: string,
  path: string,
  leftOut: LeftOut,
  programs: string,
  notes: string[],
  signal: AbortSignal,
): Promise<FoundEntry[]> {
  if (await hasRepository(join(root, path)))
    return await listRepository(root, path, leftOut, programs, notes, signal);
  notes.push(`The submodule ${path} is not checked out, so the release lacks its files.`);
  return [];
}

/** False when the path lies behind a link, which git lists by itself: then nothing of the path is in the source. */
function addParents(root: string, path: string, entries: Map<string, FoundEntry>): boolean {
  for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
    const parent = path.slice(0, slash);
    const known = entries.get(parent) ?? findEntry(root, parent);
    if (known?.type !== 'directory') return false;
    entries.set(parent, known);
  }
  return true;
}

async function listPlain(root: string, leftOut: LeftOut, signal: AbortSignal): Promise<FoundEntry[]> {
  const rules = new Map<string, IgnoreRules>();
  return await walkDirectory(root, signal, {
    enter(directory) {
      const text = readIgnoreFile(join(root, directory, '.gitignore'));
      if (text !== undefined) rules.set(directory, parseIgnoreRules(text));
    },
    leaveOut: (path, directory) => leftOut(path, directory) || ignoredBy(rules, path, directory),
  });
}

/** The `.gitignore` nearest to the path has the last word. Ignored directories were never entered. */
function ignoredBy(rules: ReadonlyMap<string, IgnoreRules>, path: string, directory: boolean): boolean {
  for (let at = path.lastIndexOf('/'); ; at = path.lastIndexOf('/', at - 1)) {
    const base = at === -1 ? '' : path.slice(0, at);
    const verdict = judge(rules.get(base) ?? [], base === '' ? path : path.slice(at + 1), directory);
    if (verdict !== undefined) return verdict;
    if (at <= 0) return false;
  }
}

function readIgnoreFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'EISDIR') return undefined;
    throw error;
  }
}
