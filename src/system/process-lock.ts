import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../core/failure.ts';
import { identifyProcess, isAlive, type ProcessIdentity } from './process-identity.ts';

/**
 * Takes a lock for the life of this process. A lock whose owner is dead frees itself. Throws `state-locked`
 * naming the pid that holds it.
 */
export async function acquireProcessLock(path: string, what: string): Promise<AsyncDisposable> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const own = identifyProcess(process.pid);
  if (own === undefined) throw new Error('this process has no identity under /proc');
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(temporary, JSON.stringify(own), { mode: 0o600 });
  try {
    // Linking puts the whole content in place at once, or fails when there is a lock.
    while (!(await linked(temporary, path))) await clearStale(path, what);
  } finally {
    await rm(temporary, { force: true });
  }
  return {
    async [Symbol.asyncDispose]() {
      const present = await readLock(path);
      if (present?.pid === own.pid && present.startedAt === own.startedAt) await rm(path, { force: true });
    },
  };
}

/** Who holds a lock now; undefined when nobody alive does. */
export async function lockOwner(path: string): Promise<ProcessIdentity | undefined> {
  const owner = await readLock(path);
  return owner !== undefined && isAlive(owner) ? owner : undefined;
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Moves a dead owner's lock aside; of several that try, the move of one succeeds. */
async function clearStale(path: string, what: string): Promise<void> {
  const owner = await readLock(path);
  if (owner !== undefined && isAlive(owner))
    throw new Failure('state-locked', `Cannot start ${what}: pid ${owner.pid} already runs it (${path}).`, {
      hint: 'Use the one that runs, or stop it first.',
      details: { pid: owner.pid },
    });
  const aside = `${path}.stale-${randomBytes(6).toString('hex')}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = await readLock(aside);
  // Between reading and moving another may have taken the lock: then it gets it back.
  if (moved !== undefined && isAlive(moved)) await linked(aside, path);
  await rm(aside, { force: true });
}

async function readLock(path: string): Promise<ProcessIdentity | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (value !== null && typeof value === 'object' && 'pid' in value && 'startedAt' in value)
      return { pid: Number(value.pid), startedAt: String(value.startedAt) };
    return undefined;
  } catch {
    // Gone, or not a lock that this program wrote: nobody holds it.
    return undefined;
  }
}
