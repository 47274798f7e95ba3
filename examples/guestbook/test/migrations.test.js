import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { openDatabase } from '../lib/database.js';
import { migrate, migrationProblem, readMigrations } from '../lib/migrations.js';
import { temporaryFolder } from './support/temporary.js';

async function prepare(t, files) {
  const folder = await temporaryFolder(t);
  await write(folder, files);
  const database = openDatabase(path.join(folder, 'test.db'));
  t.after(() => database.close());
  return { folder, database };
}

async function write(folder, files) {
  for (const [name, sql] of Object.entries(files)) await writeFile(path.join(folder, name), sql);
}

const first = { '0001-first.sql': 'CREATE TABLE a (x);' };
const second = { '0002-second.sql': 'CREATE TABLE b (x);' };

test('migrations are applied in order, and once', async (t) => {
  const { folder, database } = await prepare(t, { ...second, ...first });
  const migrations = readMigrations(folder);
  assert.match(migrationProblem(database, migrations), /at migration 0, this release needs 2/);
  assert.deepEqual(migrate(database, migrations), ['first', 'second']);
  assert.deepEqual(migrate(database, migrations), []);
  assert.equal(migrationProblem(database, migrations), null);
});

test('a migration that fails leaves nothing of itself and all before it', async (t) => {
  const { folder, database } = await prepare(t, {
    ...first,
    '0002-bad.sql': 'CREATE TABLE b (x); NONSENSE;',
  });
  assert.throws(() => migrate(database, readMigrations(folder)), /Migration 2 \(bad\) failed: .*NONSENSE/);
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
  assert.deepEqual(
    tables.map(({ name }) => name),
    ['a', 'migrations'],
  );
  await write(folder, { '0002-bad.sql': 'CREATE TABLE b (x);' });
  assert.deepEqual(migrate(database, readMigrations(folder)), ['bad']);
});

test('a migration that was changed after it was applied is refused', async (t) => {
  const { folder, database } = await prepare(t, first);
  migrate(database, readMigrations(folder));
  await write(folder, { '0001-first.sql': 'CREATE TABLE a (x, y);' });
  assert.throws(() => migrate(database, readMigrations(folder)), /Migration 1 \(first\) was changed/);
});

test('an older release works with a newer database that only added to it', async (t) => {
  const { folder, database } = await prepare(t, { ...first, ...second });
  const migrations = readMigrations(folder);
  migrate(database, migrations);
  const older = migrations.slice(0, 1);
  assert.deepEqual(migrate(database, older), []);
  assert.equal(migrationProblem(database, older), null);
});

test('an older release refuses a newer database that breaks it, and never migrates backwards', async (t) => {
  const { folder, database } = await prepare(t, {
    ...first,
    '0002-second.sql': '-- breaks older releases\nDROP TABLE a;',
  });
  const migrations = readMigrations(folder);
  migrate(database, migrations);
  assert.throws(() => migrate(database, migrations.slice(0, 1)), /do not run backwards/);
  assert.match(migrationProblem(database, migrations.slice(0, 1)), /not for this older release/);
});

test('a gap in the numbers is refused', async (t) => {
  const { folder } = await prepare(t, { ...first, '0003-third.sql': '' });
  assert.throws(() => readMigrations(folder), /0003-third\.sql: expected 0002-name\.sql/);
});
