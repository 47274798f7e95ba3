import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ChainReport } from '../lifecycle/evidence.ts';
import { evidenceHash } from './evidence.ts';
import type { Store } from './store.ts';
import { openTestStore } from './test-store.ts';

const verify = (store: Store, head: string | null = null): Promise<ChainReport> =>
  store.evidence.verify(head, AbortSignal.timeout(20_000));

function write(store: Store, count: number): void {
  store.transaction(() => {
    for (let index = 0; index < count; index += 1) {
      store.evidence.append({
        kind: 'check.run',
        subject: 'shop/staging',
        data: { index, nested: { b: 1, a: [null] } },
      });
    }
  });
}

function tamper(path: string, sql: string): void {
  using connection = new DatabaseSync(path);
  connection.exec(sql);
}

function assertBroken(report: ChainReport, seq: number, problem: RegExp): void {
  assert.ok(!report.intact, 'the chain is taken for intact');
  assert.equal(report.seq, seq);
  assert.match(report.problem, problem);
}

test('an untouched chain verifies, empty or longer than one batch', async (t) => {
  const { store } = await openTestStore(t);
  assert.deepEqual(await verify(store), { intact: true, records: 0, head: null });
  write(store, 2500);
  const report = await verify(store);
  assert.equal(report.intact, true);
  assert.equal(report.records, 2500);
  assert.equal(report.head?.seq, 2500);
  assert.deepEqual(report.head, store.evidence.head());
});

const tamperings: readonly [string, string, number, RegExp][] = [
  ['data', `UPDATE evidence SET data = '{"index":99}' WHERE seq = 4`, 4, /was changed/],
  ['time', 'UPDATE evidence SET at = at - 1 WHERE seq = 4', 4, /was changed/],
  ['kind', `UPDATE evidence SET kind = 'check.ran' WHERE seq = 4`, 4, /was changed/],
  ['subject', `UPDATE evidence SET subject = 'shop/production' WHERE seq = 4`, 4, /was changed/],
  ['unreadable data', `UPDATE evidence SET data = '{' WHERE seq = 4`, 4, /cannot be read/],
  ['a removed record', 'DELETE FROM evidence WHERE seq = 4', 4, /Record 4 is missing/],
  ['a removed first record', 'DELETE FROM evidence WHERE seq = 1', 1, /Record 1 is missing/],
  ['a cut tail', 'DELETE FROM evidence WHERE seq > 7', 8, /8 to 10 are missing/],
  ['everything removed', 'DELETE FROM evidence', 1, /1 to 10 are missing/],
  ['the head removed', `DELETE FROM meta WHERE key = 'evidence_head'`, 1, /added past the head/],
  [
    'a record put in at the end',
    `INSERT INTO evidence SELECT 11, at, kind, subject, data, hash, 'made up' FROM evidence WHERE seq = 10`,
    11,
    /added past the head/,
  ],
  [
    'two records changed for each other',
    `UPDATE evidence SET seq = -4 WHERE seq = 4; UPDATE evidence SET seq = 4 WHERE seq = 5;
     UPDATE evidence SET seq = 5 WHERE seq = -4`,
    4,
    /does not follow/,
  ],
];

for (const [what, sql, seq, problem] of tamperings) {
  test(`the first record that does not fit is named: ${what}`, async (t) => {
    const { store, path } = await openTestStore(t);
    write(store, 10);
    tamper(path, sql);
    assertBroken(await verify(store), seq, problem);
  });
}

test('a chain that goes on after its tail was cut still shows it', async (t) => {
  const { store, path } = await openTestStore(t);
  write(store, 10);
  tamper(path, 'DELETE FROM evidence WHERE seq > 7');
  write(store, 2);
  assertBroken(await verify(store), 8, /Record 8 is missing/);
});

test('a chain written anew as a whole is found out by a head noted earlier', async (t) => {
  const { store, path } = await openTestStore(t);
  write(store, 5);
  const noted = store.evidence.head()?.hash ?? '';
  write(store, 5);
  assert.equal((await verify(store, noted)).intact, true);
  let previous = '0'.repeat(64);
  const rewritten = store.evidence
    .read({ limit: 10 })
    .toReversed()
    .map((record) => {
      const content = { ...record, data: { index: 'forged' } };
      previous = evidenceHash(previous, content);
      return { ...content, hash: previous };
    });
  using connection = new DatabaseSync(path);
  connection.exec('DELETE FROM evidence');
  const insert = connection.prepare('INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?, ?)');
  for (const [index, { seq, at, kind, subject, data, hash }] of rewritten.entries()) {
    const before = rewritten[index - 1]?.hash ?? '0'.repeat(64);
    insert.run(seq, at, kind, subject, JSON.stringify(data), before, hash);
  }
  connection
    .prepare(`UPDATE meta SET value = ? WHERE key = 'evidence_head'`)
    .run(JSON.stringify({ seq: 10, hash: previous }));
  assert.equal((await verify(store)).intact, true, 'by itself it fits');
  assertBroken(await verify(store, noted), 11, /noted earlier/);
});

test('whatever single byte of a record is changed, the chain shows it', async (t) => {
  const { store, path } = await openTestStore(t);
  write(store, 6);
  using connection = new DatabaseSync(path);
  const columns = ['kind', 'subject', 'data', 'previous_hash', 'hash'] as const;
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 6 }),
      fc.constantFrom(...columns),
      fc.nat(),
      async (seq, column, where) => {
        const row = connection.prepare(`SELECT ${column} AS value FROM evidence WHERE seq = ?`).get(seq);
        const value = String(row?.['value']);
        const at = where % value.length;
        const changed = `${value.slice(0, at)}${value[at] === '#' ? '%' : '#'}${value.slice(at + 1)}`;
        const set = connection.prepare(`UPDATE evidence SET ${column} = ? WHERE seq = ?`);
        set.run(changed, seq);
        const report = await verify(store);
        set.run(value, seq);
        assert.equal(report.intact, false);
      },
    ),
    { numRuns: 60, seed: 5 },
  );
  assert.equal((await verify(store)).intact, true);
});

test('evidence joins the transaction of what it proves', async (t) => {
  const { store } = await openTestStore(t);
  assert.throws(() =>
    store.transaction(() => {
      store.apps.ensure('shop', null);
      store.evidence.append({ kind: 'check.run', subject: 'shop', data: null });
      throw new Error('afterwards');
    }),
  );
  assert.deepEqual(store.apps.list(), []);
  assert.equal(store.evidence.head(), null);
});

test('an app is read with its environments, and with hosts, but not with an app of a longer name', async (t) => {
  const { store } = await openTestStore(t);
  for (const subject of [
    'shop',
    'shop/staging',
    'shop2',
    'shop-2/staging',
    'sho',
    'host:local',
    'hosts/staging',
  ]) {
    store.evidence.append({ kind: 'seen', subject, data: null });
  }
  assert.deepEqual(
    store.evidence.read({ subject: 'shop', limit: 10 }).map(({ subject }) => subject),
    ['shop/staging', 'shop'],
  );
  assert.deepEqual(
    store.evidence.newestOfEachKind('shop', 5).map(({ subject }) => subject),
    ['shop', 'shop/staging', 'host:local'],
  );
});

test('of each kind only the newest records are read to judge', async (t) => {
  const { store } = await openTestStore(t);
  write(store, 20);
  store.evidence.append({ kind: 'other', subject: 'shop', data: 1 });
  const records = store.evidence.newestOfEachKind('shop', 3);
  assert.deepEqual(
    records.map(({ seq }) => seq),
    [18, 19, 20, 21],
  );
});

test('verifying stops when it is told to', async (t) => {
  const { store } = await openTestStore(t);
  write(store, 5);
  await assert.rejects(store.evidence.verify(null, AbortSignal.abort(new Error('enough'))), /enough/);
});
