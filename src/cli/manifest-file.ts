import { existsSync, readFileSync } from 'node:fs';
import { Failure } from '../core/failure.ts';
import type { Manifest } from '../manifest/manifest.ts';
import type { VerbContext } from './verb.ts';

export const manifestName = 'mainstay.yaml';

export interface ManifestFile {
  /** Absolute. */
  readonly path: string;
  /** Absolute; the manifest speaks of this directory. */
  readonly directory: string;
  /** As errors show it: relative to where the command was typed, when it lies below. */
  readonly shown: string;
  readonly text: string;
}

/** The manifest that `--file` names, or the nearest one here or further up; undefined without one. */
export function findManifestFile({
  io,
  globals,
}: Pick<VerbContext, 'io' | 'globals'>): ManifestFile | undefined {
  if (globals.file !== undefined) return readManifestFile(absolute(globals.file, io.directory), io.directory);
  for (let directory = io.directory; ; directory = parentOf(directory)) {
    const path = join(directory, manifestName);
    if (existsSync(path)) return readManifestFile(path, io.directory);
    // A repository is one project: what lies above it is about something else.
    if (directory === '/' || existsSync(join(directory, '.git'))) return undefined;
  }
}

/** As `findManifestFile`, but throws `manifest-not-found`. */
export function needManifestFile(context: Pick<VerbContext, 'io' | 'globals' | 'command'>): ManifestFile {
  const found = findManifestFile(context);
  if (found !== undefined) return found;
  throw new Failure('manifest-not-found', `There is no ${manifestName} in ${context.io.directory}.`, {
    hint: `Write a first one with: ${context.command('init')}, or name one with --file.`,
  });
}

/** Parses the manifest; all its errors are thrown at once, as `manifest-invalid`. */
export async function parseManifestFile(file: ManifestFile): Promise<Manifest> {
  const { formatIssue, parseManifest } = await import('../manifest/parse-manifest.ts');
  const parsed = parseManifest(file.text, file.shown);
  if (parsed.ok) return parsed.manifest;
  const count = parsed.issues.length === 1 ? 'one error' : `${parsed.issues.length} errors`;
  throw new Failure('manifest-invalid', `${file.shown} has ${count}:`, {
    details: { issues: parsed.issues.map(formatIssue) },
  });
}

/**
 * The name of the app by a look at the text alone. Parsing the manifest takes longer than the rest of a short
 * command; whatever this cannot read is left to the parser.
 */
export async function appNameOf(file: ManifestFile): Promise<string> {
  const quick = /^app:[ \t]+(["']?)([a-z][a-z0-9-]{0,39})\1[ \t]*(?:#.*)?$/m.exec(file.text);
  return quick?.[2] ?? (await parseManifestFile(file)).app;
}

function readManifestFile(path: string, from: string): ManifestFile {
  try {
    const shown = path.startsWith(`${from}/`) ? path.slice(from.length + 1) : path;
    return { path, directory: parentOf(path), shown, text: readFileSync(path, 'utf8') };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      throw new Failure('manifest-not-found', `There is no file ${path}.`, { cause: error });
    throw new Failure('permission-denied', `Cannot read ${path}: ${message}.`, { cause: error });
  }
}

function absolute(path: string, directory: string): string {
  return path.startsWith('/') ? path : join(directory, path.replace(/^(?:\.\/)+/, ''));
}

function join(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}
