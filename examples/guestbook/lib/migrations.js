import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { transaction } from './database.js';

const directory = path.resolve(import.meta.dirname, '../migrations');

/**
 * The migrations of this release, in order: `0001-name.sql`, `0002-…`. A file that older releases
 * cannot live with says so in its first line: `-- breaks older releases`.
 */
export function readMigrations(from = directory) {
  const files = readdirSync(from)
    .filter((file) => file.endsWith('.sql'))
    .sort();
  return files.map((file, index) => {
    const [, digits, name] = /^(\d{4})-([a-z0-9-]+)\.sql$/.exec(file) ?? [];
    if (Number(digits) !== index + 1) {
      const expected = String(index + 1).padStart(4, '0');
      throw new Error(`migrations/${file}: expected ${expected}-name.sql here; numbers must not have gaps.`);
    }
    const sql = readFileSync(path.join(from, file), 'utf8');
    const breaking = /^-- breaks older releases\b/.test(sql);
    return { number: index + 1, name, sql, breaking, checksum: checksumOf(sql) };
  });
}

/** Applies what is missing, each migration in its own transaction. Returns the names of those applied. */
export function migrate(database, migrations = readMigrations()) {
  database.exec(`
    CREATE TABLE IF NOT EXISTS migrations (
      number INTEGER PRIMARY KEY,
      name TEXT NOT NULL,
      checksum TEXT NOT NULL,
      breaking INTEGER NOT NULL,
      applied_at TEXT NOT NULL
    ) STRICT`);
  const applied = [];
  for (const migration of migrations) {
    // What is applied is asked for inside the transaction, so that two runs at once do not both apply it.
    const done = transaction(database, () => {
      refuseForeignHistory(appliedMigrations(database), migrations);
      if (appliedMigrations(database).length >= migration.number) return false;
      applyOne(database, migration);
      return true;
    });
    if (done) applied.push(migration.name);
  }
  return applied;
}

/** What keeps this release from working with the database, or null when nothing does. */
export function migrationProblem(database, migrations = readMigrations()) {
  let applied;
  try {
    applied = appliedMigrations(database);
  } catch {
    applied = [];
  }
  if (applied.length < migrations.length) {
    return `the database is at migration ${applied.length}, this release needs ${migrations.length}`;
  }
  const breaking = applied.slice(migrations.length).find((migration) => migration.breaking);
  return breaking ? `migration ${breaking.number} (${breaking.name}) is not for this older release` : null;
}

function appliedMigrations(database) {
  return database.prepare('SELECT number, name, checksum, breaking FROM migrations ORDER BY number').all();
}

function refuseForeignHistory(applied, migrations) {
  for (const row of applied) {
    const known = migrations[row.number - 1];
    if (known && known.checksum !== row.checksum) {
      throw new Error(
        `Migration ${row.number} (${row.name}) was changed after it was applied. ` +
          'Put the file back as it was and write a new migration instead.',
      );
    }
    if (!known && row.breaking) {
      throw new Error(
        `The database is at migration ${applied.length}, this release knows ${migrations.length}, and ` +
          `migration ${row.number} (${row.name}) breaks older releases. Migrations do not run backwards: ` +
          'use a newer release, or restore a copy of the database from before it.',
      );
    }
  }
}

function applyOne(database, migration) {
  try {
    database.exec(migration.sql);
  } catch (error) {
    throw new Error(`Migration ${migration.number} (${migration.name}) failed: ${error.message}`, {
      cause: error,
    });
  }
  database
    .prepare('INSERT INTO migrations (number, name, checksum, breaking, applied_at) VALUES (?, ?, ?, ?, ?)')
    .run(
      migration.number,
      migration.name,
      migration.checksum,
      migration.breaking ? 1 : 0,
      new Date().toISOString(),
    );
}

function checksumOf(sql) {
  return createHash('sha256').update(sql.replaceAll('\r\n', '\n')).digest('hex');
}
