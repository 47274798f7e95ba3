import { randomBytes } from 'node:crypto';
import { chmod, mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { Failure } from '../core/failure.ts';
import { syncDirectory } from '../system/durable-file.ts';
import { copyDatabase } from './copy-database.ts';
import { Database } from './database.ts';
import { inspectDatabase, refuseMissing } from './inspect-database.ts';
import type { Migration } from './migrations/migrations.ts';

/** `MAIN`: tells our databases from other people's. */
export const applicationId = 0x4d_41_49_4e;

/**
 * Opens the database, making it when there is none and migrating it when it is older. What it cannot trust it
 * refuses and leaves as it is: `state-corrupt` when damaged, `state-newer` when a newer version wrote it.
 */
export async function openDatabase(path: string, migrations: readonly Migration[]): Promise<Database> {
  const latest = migrations.at(-1)?.version ?? 0;
  await makeDirectory(dirname(path));
  const size = await sizeOf(path);
  if (size === undefined) {
    await refuseMissing(path);
    await createDatabase(path, migrations);
  } else {
    const { version } = await inspectDatabase(path, size, applicationId);
    if (version > latest) throw newerFailure(path, version, latest);
    if (version < latest) await migrateDatabase(path, version, migrations);
  }
  return configure(new Database(path));
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new Failure('permission-denied', `Cannot make the directory ${path}.`, {
      hint: 'Check the owner and the rights of the directory above it, or set MAINSTAY_HOME.',
      cause: error,
    });
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size;
}

/** Made beside its place and renamed, so that an empty or half-made file can only be damage. */
async function createDatabase(path: string, migrations: readonly Migration[]): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    using database = new Database(temporary);
    await chmod(temporary, 0o600);
    database.execute(`PRAGMA application_id = ${applicationId}`);
    applyMigrations(database, 0, migrations);
  } catch (error) {
    await rm(temporary, { force: true });
    await rm(`${temporary}-journal`, { force: true });
    throw error;
  }
  await rename(temporary, path);
  await syncDirectory(dirname(path));
}

async function migrateDatabase(
  path: string,
  version: number,
  migrations: readonly Migration[],
): Promise<void> {
  const latest = migrations.at(-1)?.version ?? version;
  using database = configure(new Database(path));
  await copyDatabase(database, `${path}.before-v${latest}`);
  applyMigrations(database, version, migrations);
}

/** All of them in one transaction: a failure leaves the version that was there. */
function applyMigrations(database: Database, from: number, migrations: readonly Migration[]): void {
  // Has no effect within a transaction; tables may be rebuilt while references point at them.
  database.execute('PRAGMA foreign_keys = OFF');
  database.transaction(() => {
    let version = from;
    for (const migration of migrations) {
      if (migration.version <= from) continue;
      if (migration.version !== version + 1) throw new Error(`Migration ${version + 1} is missing`);
      database.execute(migration.sql);
      version = migration.version;
    }
    const [violation] = database.all('PRAGMA foreign_key_check');
    if (violation !== undefined) throw new Error(`Migration breaks references: ${JSON.stringify(violation)}`);
    database.execute(`PRAGMA user_version = ${version}`);
  });
  database.execute('PRAGMA foreign_keys = ON');
}

function configure(database: Database): Database {
  try {
    // FULL: a commit has reached the disk when it returns, or the journal would promise what a power cut undoes.
    database.execute(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA foreign_keys = ON;
      PRAGMA temp_store = MEMORY;
      PRAGMA journal_size_limit = 16777216;
    `);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function newerFailure(path: string, version: number, latest: number): Failure {
  return new Failure(
    'state-newer',
    `${path} was written by a newer Mainstay: its schema is ${version}, this one knows ${latest}.`,
    {
      hint:
        'Run the newer version again, or go back with the copy that it made before its migration: ' +
        `${basename(path)}.before-v${version}.`,
      details: { path, version, latest },
    },
  );
}
