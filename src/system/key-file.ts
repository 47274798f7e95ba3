import { randomBytes } from 'node:crypto';
import { type FileHandle, link, mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../core/failure.ts';
import { syncDirectory, writeFileDurably } from './durable-file.ts';
import { requireOwnDirectory } from './own-directory.ts';

const keyBytes = 32;

/**
 * Reads the key, and makes it when there is none. The file holds 32 random bytes as base64url and is for its owner
 * alone: throws `key-exposed` when anybody else may read it, `permission-denied` when others may change its directory,
 * `state-corrupt` when it holds no key. Two processes that make it at once end with the same one.
 */
export async function openKey(path: string): Promise<Buffer> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  requireOwnDirectory(dirname(path), await stat(dirname(path)));
  return (await readKey(path)) ?? (await makeKey(path));
}

async function readKey(path: string): Promise<Buffer | undefined> {
  const handle = await openIfThere(path);
  if (handle === undefined) return undefined;
  try {
    const status = await handle.stat();
    refuseExposed(path, status.mode, status.uid);
    const text = (await handle.readFile('latin1')).trim();
    const key = Buffer.from(text, 'base64url');
    if (key.length === keyBytes && key.toString('base64url') === text) return key;
  } finally {
    await handle.close();
  }
  throw new Failure('state-corrupt', `The key file ${path} holds no key.`, {
    hint: 'Put it back from a copy. Without it the secrets cannot be read; to begin with new ones, move it away.',
    details: { path },
  });
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code !== 'EACCES') throw error;
    throw new Failure('permission-denied', `Cannot read the key file ${path}.`, {
      hint: 'Run Mainstay as the user to whom its directory belongs.',
      details: { path },
      cause: error,
    });
  }
}

function refuseExposed(path: string, mode: number, owner: number): void {
  const user = process.geteuid?.() ?? owner;
  if (owner !== user)
    throw new Failure(
      'key-exposed',
      `The key file ${path} belongs to uid ${owner}, not to uid ${user}, who runs Mainstay.`,
      {
        hint: `If nobody else has read it: chown ${user} ${path}. Otherwise move it away and set the secrets anew.`,
        details: { path, owner },
      },
    );
  if ((mode & 0o077) === 0) return;
  throw new Failure(
    'key-exposed',
    `The key file ${path} can be read by others (mode ${(mode & 0o777).toString(8)}).`,
    {
      hint: `Run: chmod 600 ${path}. If others have used this machine meanwhile, set the secrets anew.`,
      details: { path, mode: (mode & 0o777).toString(8) },
    },
  );
}

async function makeKey(path: string): Promise<Buffer> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFileDurably(temporary, `${randomBytes(keyBytes).toString('base64url')}\n`, { mode: 0o600 });
  try {
    // Unlike a rename, a link never replaces the key that another process has just made.
    await link(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  await syncDirectory(dirname(path));
  const key = await readKey(path);
  if (key === undefined) throw new Error(`${path} vanished while it was made`);
  return key;
}
