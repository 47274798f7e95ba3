import { lookup } from 'node:dns/promises';
import { access, constants, stat, statfs } from 'node:fs/promises';
import { bytes, formatBytes } from '../../core/units.ts';
import type { HomeLocation } from '../roles.ts';

/** One answer of the doctor; `fix` says what to type or do. */
export interface Finding {
  readonly about: string;
  readonly state: 'ok' | 'warn' | 'fail';
  readonly message: string;
  readonly fix: string | null;
}

const mebibyte = 1024 * 1024;
const oldestNode = [24, 2] as const;

/** What can be seen without anything running. */
export async function machineFindings(home: HomeLocation): Promise<Finding[]> {
  return [
    nodeFinding(process.versions.node),
    await homeFinding(home),
    await keyFinding(home.key),
    await diskFinding(home.root),
    await namesFinding(),
  ];
}

/** Below this Node cannot run the program as it is written, so an older one has been let in by a detour. */
export function nodeFinding(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const fits = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  return fits
    ? { about: 'Node', state: 'ok', message: version, fix: null }
    : {
        about: 'Node',
        state: 'fail',
        message: `${version} is older than ${oldestNode.join('.')}.`,
        fix: 'Run npm ci in the directory of Mainstay; it brings the right one along.',
      };
}

async function homeFinding({ root }: HomeLocation): Promise<Finding> {
  const about = 'Home';
  try {
    const { mode, uid } = await stat(root);
    await access(root, constants.R_OK | constants.W_OK | constants.X_OK);
    const owner = process.getuid?.() ?? uid;
    if (uid !== owner && owner !== 0) {
      return {
        about,
        state: 'fail',
        message: `${root} belongs to another user (uid ${uid}).`,
        fix: 'Run Mainstay as that user, or set MAINSTAY_HOME to a directory of your own.',
      };
    }
    if ((mode & 0o022) !== 0) {
      return { about, state: 'fail', message: `Others may write to ${root}.`, fix: `chmod go-w ${root}` };
    }
    return { about, state: 'ok', message: root, fix: null };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      return { about, state: 'ok', message: `${root} is made at the first start.`, fix: null };
    return {
      about,
      state: 'fail',
      message: `Cannot use ${root}: ${message}.`,
      fix: 'Give yourself the right to it, or set MAINSTAY_HOME to another directory.',
    };
  }
}

async function keyFinding(path: string): Promise<Finding> {
  const about = 'Key file';
  try {
    const { mode, uid } = await stat(path);
    if ((mode & 0o077) !== 0) {
      return {
        about,
        state: 'fail',
        message: `Others can read ${path}, which seals all secrets.`,
        fix: `chmod 600 ${path}, then set the secrets anew: they may have been seen.`,
      };
    }
    if (uid !== (process.getuid?.() ?? uid)) {
      return {
        about,
        state: 'fail',
        message: `${path} belongs to another user (uid ${uid}).`,
        fix: 'Run Mainstay as that user, or give the file to the one who runs it.',
      };
    }
    return {
      about,
      state: 'ok',
      message: 'Only its owner can read it. Keep a copy elsewhere: secrets cannot be read without it.',
      fix: null,
    };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      return { about, state: 'ok', message: 'It is made at the first start.', fix: null };
    return {
      about,
      state: 'fail',
      message: `Cannot look at ${path}: ${message}.`,
      fix: 'Check the rights of the directories above it.',
    };
  }
}

async function diskFinding(root: string): Promise<Finding> {
  const about = 'Disk';
  const { bavail, bsize, blocks } = await statfs(await existing(root));
  const free = bavail * bsize;
  const message = `${formatBytes(bytes(free))} of ${formatBytes(bytes(blocks * bsize))} are free where ${root} lies.`;
  const fix = 'Make room, or keep fewer releases with release.keep in mainstay.yaml.';
  if (free < 200 * mebibyte) return { about, state: 'fail', message, fix };
  return free < 1024 * mebibyte
    ? { about, state: 'warn', message, fix }
    : { about, state: 'ok', message, fix: null };
}

/** Browsers and curl know `*.localhost` by themselves; other programs ask the system. */
async function namesFinding(): Promise<Finding> {
  const about = 'Names';
  try {
    const { address } = await lookup('staging.mainstay-check.localhost');
    if (address.startsWith('127.') || address === '::1') {
      return { about, state: 'ok', message: 'Names that end in .localhost lead to this machine.', fix: null };
    }
  } catch {
    // Told below: not found and unreachable come to the same.
  }
  return {
    about,
    state: 'ok',
    message: 'The system does not know names that end in .localhost. Browsers and curl do.',
    fix: 'Other programs need a line in /etc/hosts for each name.',
  };
}

async function existing(path: string): Promise<string> {
  for (let at = path; ; at = at.slice(0, at.lastIndexOf('/')) || '/') {
    const found = await stat(at).catch(() => undefined);
    if (found !== undefined || at === '/') return at;
  }
}
