import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Database } from './database.ts';
import { carryOut, openTestStore, release, tellStory } from './test-store.ts';

test('releases are numbered per app and found by number or the beginning of a digest', async (t) => {
  const { store } = await openTestStore(t);
  store.apps.ensure('shop', null);
  store.apps.ensure('blog', null);
  assert.equal(store.releases.add(release('a')).number, 1);
  assert.equal(store.releases.add(release('b')).number, 2);
  assert.equal(store.releases.add(release('c', 'blog')).number, 1);
  assert.equal(store.releases.add(release('a')).number, 1, 'a digest that is known keeps its number');
  assert.equal(store.releases.find('shop', 'r2').digest, 'b'.repeat(64));
  assert.equal(store.releases.find('shop', 'aaaaaa').number, 1);
  assert.throws(() => store.releases.find('shop', 'r7'), { code: 'not-found' });
  assert.throws(() => store.releases.find('shop', 'cccccc'), { code: 'not-found' });
  store.releases.add({ ...release('a'), digest: `${'a'.repeat(63)}b` });
  assert.throws(() => store.releases.find('shop', 'aaaaaa'), { code: 'conflict' });
  store.releases.markRemoved('a'.repeat(64));
  assert.notEqual(store.releases.get('a'.repeat(64))?.removedAt, null);
  assert.equal(store.releases.add(release('a')).removedAt, null, 'built again, its content is there again');
});

test('an environment remembers what serves and what served before', async (t) => {
  const { store, clock } = await openTestStore(t);
  tellStory(store, clock);
  const staging = store.environments.require('shop/staging');
  assert.equal(staging.currentDeployment, 'deployment1');
  assert.equal(staging.previousDeployment, 'deployment0');
  assert.equal(store.deployments.get('deployment0')?.endedAt, clock.now());
  assert.equal(store.deployments.get('deployment1')?.endedAt, null);
  store.environments.setCurrent('shop/staging', 'deployment1');
  assert.deepEqual(store.environments.require('shop/staging'), staging, 'saying it twice changes nothing');
  assert.deepEqual(store.releases.places('shop').get('b'.repeat(64)), {
    serving: ['staging'],
    succeeded: ['staging'],
  });
  assert.deepEqual(store.releases.places('shop').get('a'.repeat(64)), {
    serving: [],
    succeeded: ['staging'],
  });
  store.environments.markRemoved('shop/staging');
  assert.throws(() => store.environments.require('shop/staging'), { code: 'not-found', hint: /production/ });
  assert.equal(store.environments.ensure('shop', 'staging').previousDeployment, 'deployment1');
});

test('configuration has its own revisions in each environment', async (t) => {
  const { store, clock } = await openTestStore(t);
  tellStory(store, clock);
  const add = (environment: string) =>
    store.configRevisions.add({ environment, values: { A: '1' }, sealed: '', author: 'ada' }).revision;
  assert.deepEqual([add('shop/production'), add('shop/production'), add('shop/staging')], [1, 2, 3]);
  assert.deepEqual(store.configRevisions.get('shop/staging', 1)?.values, { GREETING: 'hello 0' });
  assert.equal(store.configRevisions.get('shop/staging', 9), undefined);
  assert.throws(() => add('shop/unknown'), /FOREIGN KEY/);
});

test('a waiver takes the place of the one before and can be withdrawn', async (t) => {
  const { store, clock } = await openTestStore(t);
  tellStory(store, clock);
  store.waivers.set({ app: 'shop', item: 'C5', reason: 'again', author: 'bob', expiresAt: 1 });
  assert.deepEqual(
    store.waivers.list('shop').map(({ reason }) => reason),
    ['again'],
  );
  store.waivers.withdraw('shop', 'C5');
  assert.deepEqual(store.waivers.list('shop'), []);
});

test('what a nested transaction undoes, the outer one keeps undone', async (t) => {
  const { store } = await openTestStore(t);
  store.transaction(() => {
    store.apps.ensure('kept', null);
    assert.throws(() =>
      store.transaction(() => {
        store.apps.ensure('undone', null);
        throw new Error('inner');
      }),
    );
    store.transaction(() => store.apps.ensure('kept-too', null));
  });
  assert.deepEqual(
    store.apps.list().map(({ name }) => name),
    ['kept', 'kept-too'],
  );
});

test('followers hear of events after the commit, and of none that was undone', async (t) => {
  const { store } = await openTestStore(t);
  const heard: string[] = [];
  using _listening = store.operations.events.onAppended((operation) => heard.push(operation));
  assert.throws(() =>
    store.transaction(() => {
      carryOut(store, 'undone', 'shop/staging');
      assert.deepEqual(heard, []);
      throw new Error('undone');
    }),
  );
  assert.deepEqual(heard, []);
  carryOut(store, 'kept', 'shop/staging');
  assert.deepEqual(new Set(heard), new Set(['kept']));
});

test('a fence never falls: not when a lease is given back, nor when the clock is set back', async (t) => {
  const { store, clock } = await openTestStore(t);
  const { queue, leases } = store.operations;
  const request = { kind: 'deploy', environment: 'shop/staging', input: null, requestedBy: 'ada' };
  queue.enqueue({ ...request, id: 'one', idempotencyKey: 'one' });
  const owner = { pid: 1, startedAt: 'test' };
  const fences: number[] = [];
  for (const ms of [0, 1, 3_600_000, -7_200_000]) {
    clock.advance(ms);
    const answer = leases.acquire('shop/staging', 'one', owner, null);
    assert.equal(answer.kind, 'acquired');
    if (answer.kind !== 'acquired') return;
    fences.push(answer.lease.fence);
    assert.equal(leases.acquire('shop/staging', 'one', owner, null).kind, 'held');
    leases.release(answer.lease);
    assert.throws(() => leases.renew(answer.lease), { code: 'lease-lost' });
    assert.throws(() => store.operations.journal.beginPreparing(answer.lease), { code: 'lease-lost' });
  }
  assert.deepEqual(
    fences,
    [...new Set(fences)].sort((a, b) => a - b),
  );
});

test('a full database says so, keeps what it has, and goes on when there is space', async (t) => {
  const { store, path, clock } = await openTestStore(t);
  tellStory(store, clock);
  store.close();
  using database = new Database(path);
  const [pages] = database.all('PRAGMA page_count');
  database.execute(`PRAGMA max_page_count = ${Number(pages?.['page_count']) + 2}`);
  const fill = (): void =>
    database.transaction(() => {
      database.run('INSERT INTO meta (key, value) VALUES (?, ?)', 'filler', 'x'.repeat(100_000));
    });
  assert.throws(fill, { code: 'disk-full', retryable: true });
  assert.deepEqual(database.all('SELECT * FROM meta WHERE key = ?', 'filler'), []);
  database.execute('PRAGMA max_page_count = 1000000');
  fill();
  assert.deepEqual({ ...database.get('PRAGMA integrity_check') }, { integrity_check: 'ok' });
});

test('a thousand environments are read in one go', async (t) => {
  const { store } = await openTestStore(t);
  store.apps.ensure('shop', null);
  store.releases.add(release('a'));
  store.transaction(() => {
    for (let index = 0; index < 1000; index += 1) {
      const { id } = store.environments.ensure('shop', `e${index}`);
      const operation = `operation${index}`;
      carryOut(store, operation, id);
      store.deployments.begin({
        id: `deployment${index}`,
        environment: id,
        release: 'a'.repeat(64),
        configRevision: null,
        operation,
        instances: [],
      });
      store.environments.setCurrent(id, `deployment${index}`);
    }
  });
  const rows = store.overview();
  assert.equal(rows.length, 1000);
  assert.ok(
    rows.every(({ current, lastOperation }) => current !== null && lastOperation?.outcome === 'succeeded'),
  );
  t.diagnostic(`read in ${timeOf(() => store.overview()).toFixed(1)} ms`);
});

function timeOf(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}
