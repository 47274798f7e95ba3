import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { pinnedReleases, pinRelease } from '../artifacts/pins.ts';
import { openWorkbench, storeDirectory, writeFiles } from '../artifacts/test-release.ts';
import { instant, millis } from '../core/units.ts';
import type { Host, Hosts } from '../hosts/host.ts';
import type { WorkContext } from '../operations/step.ts';
import { openStore } from '../store/store.ts';
import { pruneReleases } from './prune-releases.ts';

/** Two hours on, so that nothing counts as just stored. */
const clock = {
  now: () => instant(Date.now() + 7_200_000),
  monotonic: () => millis(performance.now()),
};

/** An app with four releases in a store of its own, and a host that holds on to what it is told to. */
async function openBench(held: readonly number[] = []) {
  const bench = await openWorkbench();
  const store = await openStore({ path: join(bench.directory, 'mainstay.db'), clock });
  store.apps.ensure('shop', null);
  for (const name of ['staging', 'production']) store.environments.ensure('shop', name);
  const releases: string[] = [];
  for (const number of [1, 2, 3, 4]) {
    const root = join(bench.directory, `tree-${number}`);
    await writeFiles(root, { 'server.js': `// release ${number}` });
    const digest = await storeDirectory(bench.blobs, root, { number });
    await pinRelease(bench.blobs, digest);
    store.releases.add({
      ...{ digest, app: 'shop', sourceDigest: digest, manifest: {}, treeDigest: digest },
      ...{ files: 1, bytes: 1, commit: null, dirty: false, runtimes: {}, buildOperation: null },
    });
    releases.push(digest);
  }
  const digestOf = (number: number): string => releases[number - 1] ?? '';
  const host = {
    name: 'local',
    call: (_name: string, request: { readonly releases: readonly string[] }) => {
      const inUse = request.releases.filter((digest) => held.some((number) => digestOf(number) === digest));
      return Promise.resolve({
        inUse,
        removed: request.releases.filter((digest) => !inUse.includes(digest)),
      });
    },
  } as unknown as Host;
  const hosts: Hosts = { get: () => host };
  const start = (environment: string, key: string): string => {
    const wish = {
      id: key,
      kind: 'deploy',
      environment,
      idempotencyKey: key,
      input: {},
      requestedBy: 'test',
    };
    return store.operations.queue.enqueue(wish).operation.id;
  };
  return {
    store,
    start,
    digestOf,
    blobs: bench.blobs,
    deploy(environment: string, number: number): void {
      const id = start(environment, `${environment} ${number}`);
      const release = digestOf(number);
      store.deployments.begin({
        id,
        environment,
        release,
        configRevision: null,
        operation: id,
        instances: [],
      });
      store.deployments.setOutcome(id, 'succeeded');
      store.environments.setCurrent(environment, id);
    },
    async prune(keep: number): Promise<number[]> {
      const context: WorkContext = {
        operation: { id: 'self', kind: 'deploy', environment: 'shop/staging' },
        fence: 1,
        signal: new AbortController().signal,
        emit: () => undefined,
      };
      const step = pruneReleases(store, bench.blobs, hosts, clock);
      await step.execute(context, { app: 'shop', keep, hosts: ['local'] });
      const kept = store.releases.list('shop').filter(({ removedAt }) => removedAt === null);
      return kept.map(({ number }) => number).sort((a, b) => a - b);
    },
    async [Symbol.asyncDispose](): Promise<void> {
      store.close();
      await bench[Symbol.asyncDispose]();
    },
  };
}

test('what retention no longer keeps gives its space back', async () => {
  await using bench = await openBench();
  const before = (await bench.blobs.digests()).length;
  assert.deepEqual(await bench.prune(2), [3, 4]);
  assert.deepEqual(await pinnedReleases(bench.blobs), [bench.digestOf(3), bench.digestOf(4)].sort());
  assert.equal((await bench.blobs.digests()).length, before / 2);
});

test('many deploys to one environment leave another its way back', async () => {
  await using bench = await openBench();
  bench.deploy('shop/production', 1);
  bench.deploy('shop/production', 2);
  bench.deploy('shop/production', 3);
  bench.deploy('shop/staging', 4);
  assert.deepEqual(await bench.prune(1), [2, 3, 4], 'the one before the current one always stays');
  bench.deploy('shop/production', 4);
  assert.deepEqual(await bench.prune(3), [2, 3, 4]);
});

test('a release that a host still uses is not recorded as removed', async () => {
  await using bench = await openBench([1]);
  assert.deepEqual(await bench.prune(2), [1, 3, 4]);
  assert.ok(bench.blobs.has(bench.digestOf(1)));
  assert.equal(bench.blobs.has(bench.digestOf(2)), false);
});

test('a release that another operation is about to start stays', async () => {
  await using bench = await openBench();
  const id = bench.start('shop/production', 'a rollback');
  const { leases, journal } = bench.store.operations;
  const taken = leases.acquire('shop/production', id, { pid: 1, startedAt: 'test' }, null);
  assert.ok(taken.kind === 'acquired');
  journal.beginPreparing(taken.lease);
  const facts = { reason: 'rollback', release: { digest: bench.digestOf(1), number: 1 } };
  journal.storePlan(taken.lease, { summary: 'Roll back to r1', steps: [], facts });
  assert.deepEqual(await bench.prune(1), [1, 4]);
});
