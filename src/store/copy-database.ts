import { chmod, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from '../system/durable-file.ts';
import type { Database } from './database.ts';
import { listCopies } from './inspect-database.ts';

/** Writes a complete, compact copy that is durable when this resolves. An older file of that name is replaced. */
export async function copyDatabase(database: Database, target: string): Promise<void> {
  const temporary = `${target}.tmp`;
  await rm(temporary, { force: true });
  try {
    database.run('VACUUM INTO ?', temporary);
    await chmod(temporary, 0o600);
    const handle = await open(temporary, 'r+');
    try {
      // VACUUM INTO does not wait for the disk by itself.
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(target));
}

/**
 * Makes a dated copy beside the database and removes the oldest dated ones beyond `keep`. Copies made before
 * migrations are never removed.
 */
export async function keepDatedCopy(database: Database, at: number, keep: number): Promise<string> {
  const stamp = new Date(at)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-');
  const target = `${database.path}.copy-${stamp}`;
  await copyDatabase(database, target);
  const copies = await listCopies(database.path);
  const others = copies.filter((path) => path.includes('.copy-') && path !== target);
  await Promise.all(others.slice(keep - 1).map((path) => rm(path, { force: true })));
  return target;
}
