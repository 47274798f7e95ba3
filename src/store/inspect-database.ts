import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../core/failure.ts';
import { Database } from './database.ts';
import { integer, text } from './row.ts';

const magic = 'SQLite format 3\0';
/** Header and first page; less cannot be a database. */
const smallestSize = 512;

/**
 * Looks at a database without changing a byte of it and tells its schema version. Throws `state-corrupt` when
 * it is damaged or not ours.
 */
export async function inspectDatabase(
  path: string,
  size: number,
  applicationId: number,
): Promise<{ readonly version: number }> {
  if (size < smallestSize || (await firstBytes(path, magic.length)) !== magic) {
    throw await corrupt(path, `it is no SQLite database (${size} bytes)`);
  }
  try {
    // Read-only, because closing the last writing connection would fold the write-ahead log into the file.
    using database = new Database(path, { readOnly: true });
    const id = integer(database.get('PRAGMA application_id') ?? {}, 'application_id');
    if (id !== applicationId) throw await corrupt(path, 'it is a database of another program');
    const problems = database.all('PRAGMA quick_check(3)').map((row) => text(row, 'quick_check'));
    if (problems[0] !== 'ok') throw await corrupt(path, problems.join('; '));
    return { version: integer(database.get('PRAGMA user_version') ?? {}, 'user_version') };
  } catch (error) {
    if (error instanceof Failure && error.code === 'state-corrupt' && error.details['copies'] === undefined) {
      throw await corrupt(path, error.cause instanceof Error ? error.cause.message : error.message, error);
    }
    throw error;
  }
}

/** A database that is gone while its journal or copies are there was lost, not never made. */
export async function refuseMissing(path: string): Promise<void> {
  const copies = await listCopies(path);
  const journal = await stat(`${path}-wal`).catch(() => undefined);
  if (copies.length === 0 && (journal?.size ?? 0) === 0) return;
  throw await corrupt(path, 'it is missing, but what belongs to it is there');
}

/** Copies of the database that Mainstay made, newest first. */
export async function listCopies(path: string): Promise<string[]> {
  const directory = dirname(path);
  const names = await readdir(directory).catch(() => []);
  const own = names.filter(
    (name) => /\.(before-v\d+|copy-[\dTZ-]+)$/.test(name) && name.startsWith(`${basename(path)}.`),
  );
  const copies = await Promise.all(
    own.map(async (name) => ({
      path: join(directory, name),
      at: (await stat(join(directory, name))).mtimeMs,
    })),
  );
  return copies.sort((a, b) => b.at - a.at).map((copy) => copy.path);
}

async function corrupt(path: string, problem: string, cause?: unknown): Promise<Failure> {
  const copies = await listCopies(path);
  const [newest] = copies;
  const wayBack =
    newest === undefined
      ? `No copy of it was found. Move it away together with ${basename(path)}-wal and save what can be read with: ` +
        `sqlite3 ${path} .recover | sqlite3 ${path}.recovered`
      : `Stop Mainstay, move ${path} and its -wal and -shm files away, then: cp ${newest} ${path}` +
        (copies.length > 1 ? ` (older copies: ${copies.slice(1).join(', ')})` : '');
  return new Failure('state-corrupt', `${path} cannot be used: ${problem}. It was left as it is.`, {
    hint: `${wayBack}. What is deployed keeps running meanwhile.`,
    details: { path, problem, copies },
    cause,
  });
}

async function firstBytes(path: string, length: number): Promise<string> {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await handle.close();
  }
}
