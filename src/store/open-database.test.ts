import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { Failure } from '../core/failure.ts';
import { type Migration, migrations } from './migrations/migrations.ts';
import { openStore, type Store } from './store.ts';
import { openTestStore, TestClock, tellStory, temporaryDirectory } from './test-store.ts';

const clock = new TestClock();
const open = (path: string, more: readonly Migration[] = []): Promise<Store> =>
  openStore({ path, clock, migrations: [...migrations, ...more] });

const next: Migration = {
  version: migrations.length + 1,
  title: 'A column',
  sql: `ALTER TABLE apps ADD COLUMN note TEXT NOT NULL DEFAULT 'migrated'`,
};

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const thrown = await work.then(
    () => assert.fail('it did not fail'),
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof Failure, String(thrown));
  return thrown;
}

/** Every file beside the database with a digest of its content; what is empty holds nothing to lose. */
const filesOf = (directory: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(directory)
      .filter((name) => !name.endsWith('-shm') && statSync(join(directory, name)).size > 0)
      .map((name) => [name, hash('sha256', readFileSync(join(directory, name)))]),
  );

test('a new database is durable, private to its owner and passes its own check', async (t) => {
  const { store, path } = await openTestStore(t);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  using connection = new DatabaseSync(path);
  assert.deepEqual({ ...connection.prepare('PRAGMA journal_mode').get() }, { journal_mode: 'wal' });
  assert.deepEqual({ ...connection.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' });
  assert.deepEqual(
    { ...connection.prepare('PRAGMA user_version').get() },
    { user_version: migrations.length },
  );
  assert.deepEqual(store.apps.list(), []);
});

for (const name of readdirSync(join(import.meta.dirname, 'fixtures'))) {
  test(`a state directory of ${name} opens, and everything in it is still there`, async (t) => {
    const path = join(temporaryDirectory(t), 'mainstay.db');
    const connection = new DatabaseSync(path);
    connection.exec(readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8'));
    connection.close();
    using store = await open(path);
    assert.deepEqual(store.apps.list(), [
      { name: 'shop', sourceDirectory: '/srv/shop', createdAt: 1_800_000_000_000 },
    ]);
    const [production, staging] = store.overview();
    assert.deepEqual(production?.maintenance, { message: 'Back at noon.' });
    assert.equal(staging?.current?.release.number, 2);
    assert.equal(staging?.previousRelease?.number, 1);
    assert.equal(staging?.lastOperation?.outcome, 'succeeded');
    assert.equal(store.releases.list('shop').length, 2);
    assert.deepEqual(store.configRevisions.latest('shop/staging')?.values, { GREETING: 'hello 1' });
    assert.equal(store.deployments.list('shop/staging', 10).length, 2);
    assert.equal(store.waivers.list('shop').length, 1);
    const operation = store.operations.queue.find('operation1');
    assert.equal(store.operations.events.read(operation.id, 0, 100).at(-1)?.type, 'finished');
    assert.deepEqual(store.operations.queue.steps(operation.id)[0]?.output, { generation: 7 });
    assert.equal(operation.plan?.steps.length, 1);
    assert.equal((await store.evidence.verify(null, AbortSignal.timeout(5000))).intact, true);
    const version = Number(/\d+/.exec(name)?.[0]);
    assert.equal(existsSync(`${path}.before-v${migrations.length}`), version < migrations.length);
  });
}

test('the first migration still makes the schema that was released', async (t) => {
  const directory = temporaryDirectory(t);
  const schemaOf = (connection: DatabaseSync) =>
    connection.prepare(`SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name`).all();
  const path = join(directory, 'mainstay.db');
  (await openStore({ path, clock, migrations: migrations.slice(0, 1) })).close();
  using made = new DatabaseSync(path);
  using released = new DatabaseSync(':memory:');
  released.exec(readFileSync(join(import.meta.dirname, 'fixtures/schema-1.sql'), 'utf8'));
  assert.deepEqual(schemaOf(made), schemaOf(released));
});

test('an older database is copied, then migrated', async (t) => {
  const { store, path, clock: time } = await openTestStore(t);
  tellStory(store, time);
  store.close();
  using migrated = await open(path, [next]);
  assert.equal(migrated.releases.list('shop').length, 2);
  using connection = new DatabaseSync(path);
  assert.deepEqual({ ...connection.prepare('SELECT note FROM apps').get() }, { note: 'migrated' });
  const copy = `${path}.before-v${next.version}`;
  assert.equal(statSync(copy).mode & 0o777, 0o600);
  using before = new DatabaseSync(copy, { readOnly: true });
  assert.deepEqual({ ...before.prepare('PRAGMA user_version').get() }, { user_version: next.version - 1 });
  assert.deepEqual({ ...before.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' });
  assert.equal(before.prepare('SELECT * FROM releases').all().length, 2);
});

test('a migration that fails changes nothing, and the older version still opens it', async (t) => {
  const { store, path, clock: time } = await openTestStore(t);
  tellStory(store, time);
  store.close();
  const broken: Migration = { ...next, sql: `${next.sql}; DELETE FROM releases; SELECT nonsense;` };
  await assert.rejects(open(path, [broken]), /nonsense/);
  const orphans: Migration = { ...next, sql: 'DELETE FROM releases' };
  await assert.rejects(open(path, [orphans]), /breaks references/);
  using again = await open(path);
  assert.equal(again.releases.list('shop').length, 2);
});

test('a database of a newer version is refused with the way back, and left as it is', async (t) => {
  const { store, path } = await openTestStore(t);
  store.close();
  (await open(path, [next])).close();
  const before = readFileSync(path);
  const failure = await failureOf(open(path));
  assert.equal(failure.code, 'state-newer');
  assert.match(failure.hint ?? '', new RegExp(`mainstay\\.db\\.before-v${next.version}`));
  assert.deepEqual(readFileSync(path), before);
});

test('a copy can be put back as the hint says', async (t) => {
  const { store, path, clock: time } = await openTestStore(t);
  tellStory(store, time);
  const copy = await store.keepCopy(2);
  store.close();
  writeFileSync(path, 'this is no database, it is a sentence that somebody wrote over it');
  const failure = await failureOf(open(path));
  assert.equal(failure.code, 'state-corrupt');
  assert.ok(failure.hint?.includes(`cp ${copy} ${path}`), failure.hint);
  copyFileSync(copy, path);
  using back = await open(path);
  assert.equal(back.releases.list('shop').length, 2);
});

test('only the newest dated copies are kept', async (t) => {
  const { store, path, clock: time } = await openTestStore(t);
  const copies: string[] = [];
  for (let index = 0; index < 4; index += 1) {
    time.advance(86_400_000);
    copies.push(await store.keepCopy(2));
  }
  assert.deepEqual(copies.map(existsSync), [false, false, true, true]);
  assert.equal(existsSync(path), true);
});

const damages: readonly [string, (path: string) => void][] = [
  ['emptied', (path) => truncateSync(path)],
  ['cut short', (path) => truncateSync(path, 20_000)],
  ['overwritten with zeros', (path) => writeFileSync(path, Buffer.alloc(40_960))],
  [
    'scribbled over in the middle',
    (path) => {
      const content = readFileSync(path);
      content.fill(0xa5, 4096, content.length);
      writeFileSync(path, content);
    },
  ],
  [
    'replaced by a database of something else',
    (path) => {
      truncateSync(path);
      using other = new DatabaseSync(path);
      other.exec('CREATE TABLE notes (text); INSERT INTO notes VALUES (1)');
    },
  ],
];

for (const [what, damage] of damages) {
  test(`a database that was ${what} is refused with the way back, and left as it is`, async (t) => {
    const { store, path, clock: time } = await openTestStore(t);
    tellStory(store, time);
    store.close();
    damage(path);
    const before = filesOf(join(path, '..'));
    const failure = await failureOf(open(path));
    assert.equal(failure.code, 'state-corrupt');
    assert.ok(failure.message.includes(path));
    assert.match(failure.hint ?? '', /\.recover|cp /);
    assert.deepEqual(filesOf(join(path, '..')), before);
  });
}

test('a damaged database whose last writes lie in its journal is left as it is, journal included', async (t) => {
  const { store, path, clock: time } = await openTestStore(t);
  tellStory(store, time);
  const directory = temporaryDirectory(t);
  const copy = join(directory, 'mainstay.db');
  // As a killed process leaves them.
  copyFileSync(path, copy);
  copyFileSync(`${path}-wal`, `${copy}-wal`);
  truncateSync(copy, 8192);
  writeFileSync(copy, Buffer.alloc(4096, 1), { flag: 'r+' });
  const before = filesOf(directory);
  assert.equal((await failureOf(open(copy))).code, 'state-corrupt');
  assert.deepEqual(filesOf(directory), before);
});

test('what was committed before a kill is there after it', async (t) => {
  const { store, path, clock: time } = await openTestStore(t);
  tellStory(store, time);
  const copy = join(temporaryDirectory(t), 'mainstay.db');
  copyFileSync(path, copy);
  copyFileSync(`${path}-wal`, `${copy}-wal`);
  using recovered = await open(copy);
  assert.equal(recovered.operations.queue.find('operation1').outcome, 'succeeded');
});

test('a database that is gone while its copies are there is not quietly made anew', async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'mainstay.db');
  writeFileSync(`${path}.before-v2`, 'a copy');
  const failure = await failureOf(open(path));
  assert.equal(failure.code, 'state-corrupt');
  assert.match(failure.message, /missing/);
  assert.equal(existsSync(path), false);
});

test('a directory that cannot be made is named', async (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'file'), '');
  const failure = await failureOf(open(join(directory, 'file', 'control', 'mainstay.db')));
  assert.equal(failure.code, 'permission-denied');
  assert.ok(failure.message.includes(join(directory, 'file', 'control')));
});
