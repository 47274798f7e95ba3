import { isUtf8 } from 'node:buffer';
import { execFile } from 'node:child_process';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { unreadableName } from '../../artifacts/walk-directory.ts';
import { Failure } from '../../core/failure.ts';

/** What of the source's history stands in the record of a release. */
export interface Revision {
  readonly commit: string | null;
  /** The files differ from the commit, or some are not in it. */
  readonly dirty: boolean;
}

/** Hundreds of thousands of paths; more than that is no source tree. */
const mostOutput = 256 * 1024 * 1024;

/**
 * Settings of the person who runs Mainstay must not change what a release holds, and a repository that is only read
 * may belong to another user and must start no program of its own.
 */
const fixedSettings = [
  '-c',
  'safe.directory=*',
  '-c',
  'core.fsmonitor=false',
  '-c',
  'core.hooksPath=/dev/null',
];

/** Whether git is installed and the directory lies in a work tree that does not ignore it. */
export async function isWorkTree(directory: string, path: string, signal: AbortSignal): Promise<boolean> {
  const inside = await git(directory, path, ['rev-parse', '--is-inside-work-tree', '--show-prefix'], signal);
  if (inside === undefined) return false;
  const [answer, prefix = ''] = inside.toString('utf8').split('\n');
  if (answer !== 'true') return false;
  if (prefix === '' || (await trackedPaths(directory, path, signal)).length > 0) return true;
  return (
    (await git(
      directory,
      path,
      ['check-ignore', '--quiet', '--', '../'.concat(lastName(prefix))],
      signal,
    )) === undefined
  );
}

/** Tracked files and untracked ones that are not ignored, relative to the directory; nested repositories as one path. */
export async function sourcePaths(directory: string, path: string, signal: AbortSignal): Promise<string[]> {
  return await list(directory, path, ['--cached', '--others', '--exclude-standard'], signal);
}

export async function readRevision(directory: string, path: string, signal: AbortSignal): Promise<Revision> {
  const commit = await git(directory, path, ['rev-parse', '--verify', '--quiet', 'HEAD'], signal);
  const status = await git(directory, path, ['status', '--porcelain', '-z', '--', '.'], signal);
  return {
    commit: commit?.toString('utf8').trim() ?? null,
    dirty: status === undefined || status.length > 0,
  };
}

/** Whether a nested path is a repository of its own, so that git can be asked about it. */
export async function hasRepository(directory: string): Promise<boolean> {
  try {
    await lstat(join(directory, '.git'));
    return true;
  } catch {
    return false;
  }
}

async function trackedPaths(directory: string, path: string, signal: AbortSignal): Promise<string[]> {
  return await list(directory, path, ['--cached'], signal);
}

async function list(
  directory: string,
  path: string,
  which: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const output = await git(directory, path, ['ls-files', '-z', ...which], signal);
  if (output === undefined)
    throw new Failure('source-invalid', `Cannot list the files of the git repository in ${directory}.`, {
      hint: `Run "git -C ${directory} status" and repair what it says.`,
    });
  return decodePaths(output, directory);
}

/** A path that conflicts in a merge is listed once for each side. */
function decodePaths(output: Buffer, directory: string): string[] {
  if (isUtf8(output))
    return [
      ...new Set(
        output
          .toString('utf8')
          .split('\0')
          .filter((path) => path !== ''),
      ),
    ];
  const names = output.toString('latin1').split('\0');
  const name = names.map((path) => Buffer.from(path, 'latin1')).find((path) => !isUtf8(path));
  throw unreadableName(name ?? output, directory);
}

function lastName(prefix: string): string {
  return prefix.replace(/\/$/, '').split('/').at(-1) ?? '';
}

/** Output of git; undefined when it is not installed or ends with an error. */
async function git(
  directory: string,
  path: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  const env = {
    PATH: path,
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
  };
  return await new Promise((resolve, reject) => {
    execFile(
      'git',
      ['-C', directory, ...fixedSettings, ...args],
      { env, signal, encoding: 'buffer', maxBuffer: mostOutput },
      (error, stdout) => {
        if (signal.aborted) reject(signal.reason as Error);
        else resolve(error === null ? stdout : undefined);
      },
    );
  });
}
