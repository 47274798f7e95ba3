import { homedir, tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { requireOwnDirectory } from './own-directory.ts';

/** The longest path that fits `sun_path` on Linux, with room for the closing zero byte. */
const longestSocketPath = 107;

/**
 * Where everything of one Mainstay on this machine lies. Two homes never meet: sockets, ports, data and
 * locks all follow from the directory.
 */
export interface Home {
  readonly root: string;
  /** Key file that seals secrets; mode 0600. */
  readonly key: string;
  readonly settings: string;
  readonly database: string;
  readonly controlSocket: string;
  readonly controlLog: string;
  readonly controlLock: string;
  readonly agentSocket: string;
  readonly agentLog: string;
  readonly agentLock: string;
  readonly agentState: string;
  readonly ingress: string;
  readonly ingressSocket: string;
  readonly blobs: string;
  readonly releases: string;
  readonly builds: string;
  readonly cache: string;
  readonly environments: string;
}

/** `MAINSTAY_HOME`, else `/var/lib/mainstay` for root, else `$XDG_STATE_HOME/mainstay`. */
export function homeRoot(environment: NodeJS.ProcessEnv): string {
  if (environment['MAINSTAY_HOME']) return resolve(environment['MAINSTAY_HOME']);
  if (process.getuid?.() === 0) return '/var/lib/mainstay';
  return join(environment['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state'), 'mainstay');
}

/** Throws `permission-denied` when a long path makes it use a directory for sockets that another user could change. */
export function openHome(root: string): Home {
  const at = (...parts: string[]): string => join(root, ...parts);
  return {
    root,
    key: at('key'),
    settings: at('settings.json'),
    database: at('control', 'mainstay.db'),
    controlSocket: socketPath(root, 'control.sock'),
    controlLog: at('control', 'control.log'),
    controlLock: at('control', 'control.lock'),
    agentSocket: socketPath(root, 'agent.sock'),
    agentLog: at('agent', 'agent.log'),
    agentLock: at('agent', 'agent.lock'),
    agentState: at('agent', 'state'),
    ingress: at('ingress'),
    ingressSocket: socketPath(root, 'ingress.sock'),
    blobs: at('blobs'),
    releases: at('releases'),
    builds: at('builds'),
    cache: at('cache'),
    environments: at('environments'),
  };
}

/** Sockets lie in `run/` of the home, or in a private directory of the user when that path is too long. */
function socketPath(root: string, name: string): string {
  const inside = join(root, 'run', name);
  if (Buffer.byteLength(inside) <= longestSocketPath) return inside;
  // Loaded for the rare long path only: it would cost every command 4 ms.
  const { createHash } = process.getBuiltinModule('node:crypto');
  const tag = createHash('sha256').update(root).digest('hex').slice(0, 16);
  const own = join(tmpdir(), `mainstay-${userInfo().uid}`);
  claimDirectory(own);
  return join(own, tag, name);
}

/** The name is known to everyone, so another user may have been there first: then nothing is sent by way of it. */
function claimDirectory(path: string): void {
  const { lstatSync, mkdirSync } = process.getBuiltinModule('node:fs');
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  requireOwnDirectory(path, lstatSync(path));
}
