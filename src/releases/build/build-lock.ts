import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeDirectories } from '../../artifacts/make-directories.ts';
import { identifyProcess, isAlive } from '../../system/process-identity.ts';

const pollMs = 100;

/**
 * Waits for its turn; a lock whose process is dead is free. Synchronous calls make looking and taking one act inside this
 * process, which is all there is: one control plane works on a home at a time.
 */
export async function lockBuilds(path: string, signal: AbortSignal, onWait: () => void): Promise<Disposable> {
  makeDirectories(dirname(path), 0o700);
  const owner = JSON.stringify({ ...identifyProcess(process.pid), token: randomBytes(9).toString('hex') });
  for (let waited = false; !take(path, owner); waited = true) {
    if (!waited) onWait();
    await sleep(pollMs, undefined, { signal });
  }
  return {
    [Symbol.dispose]() {
      if (read(path) === owner) rmSync(path, { force: true });
    },
  };
}

function take(path: string, owner: string): boolean {
  const present = read(path);
  if (present !== undefined && belongsToLiving(present)) return false;
  writeFileSync(path, owner, { mode: 0o600 });
  return true;
}

function belongsToLiving(content: string): boolean {
  try {
    const value = JSON.parse(content) as { readonly pid?: unknown; readonly startedAt?: unknown };
    return isAlive({ pid: Number(value.pid), startedAt: String(value.startedAt) });
  } catch {
    // Cut short by a crash.
    return false;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
