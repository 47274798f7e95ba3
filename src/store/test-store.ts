import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Clock, instant, millis } from '../core/units.ts';
import { openStore, type Store } from './store.ts';

/** A clock that stands until it is moved. */
export class TestClock implements Clock {
  #now = 1_800_000_000_000;

  now = () => instant(this.#now);
  monotonic = () => millis(this.#now);

  advance(ms: number): void {
    this.#now += ms;
  }
}

export function temporaryDirectory(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'mainstay-store-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export interface TestStore {
  readonly store: Store;
  readonly clock: TestClock;
  readonly path: string;
}

export async function openTestStore(context: TestContext): Promise<TestStore> {
  const path = join(temporaryDirectory(context), 'mainstay.db');
  const clock = new TestClock();
  const store = await openStore({ path, clock, isOwnerAlive: () => true });
  context.after(() => store.close());
  return { store, clock, path };
}

export const release = (digit: string, app = 'shop') => ({
  digest: digit.repeat(64),
  app,
  sourceDigest: `source ${digit}`,
  manifest: { app, services: [{ name: 'web' }] },
  treeDigest: `tree ${digit}`,
  files: 12,
  bytes: 34_567,
  commit: null,
  dirty: false,
  runtimes: { node: 'v24.21.0' },
  buildOperation: null,
});

/** Carries an operation by hand through its whole journal. */
export function carryOut(store: Store, id: string, environment: string): void {
  const { queue, leases, journal } = store.operations;
  queue.enqueue({
    id,
    kind: 'deploy',
    environment,
    idempotencyKey: `key ${id}`,
    input: { release: 'r1' },
    requestedBy: 'ada',
  });
  const answer = leases.acquire(environment, id, { pid: 1, startedAt: 'test' }, null);
  if (answer.kind !== 'acquired') throw new Error('the lease is held');
  const { lease } = answer;
  const step = {
    id: 'switch',
    kind: 'routes.set',
    title: 'Switch',
    wave: 1,
    input: {},
    onFailure: 'compensate',
  } as const;
  journal.beginPreparing(lease);
  journal.storePlan(lease, { summary: `Deploy to ${environment}`, steps: [step], facts: null });
  journal.beginStep(lease, step);
  journal.appendProgress(lease, [{ at: 1, step: 'switch', progress: { type: 'note', text: 'moving' } }]);
  journal.recordStep(lease, 'switch', { state: 'done', output: { generation: 7 } });
  journal.settle(lease, 'succeeded', null);
  journal.finish(lease, true);
}

/** A small history that touches every table. */
export function tellStory(store: Store, clock: TestClock): void {
  store.apps.ensure('shop', '/srv/shop');
  store.environments.ensure('shop', 'staging');
  store.environments.ensure('shop', 'production');
  for (const [index, digit] of ['a', 'b'].entries()) {
    clock.advance(60_000);
    store.releases.add(release(digit));
    store.configRevisions.add({
      environment: 'shop/staging',
      values: { GREETING: `hello ${index}` },
      sealed: 'v1:opaque',
      author: 'ada',
    });
    carryOut(store, `operation${index}`, 'shop/staging');
    store.deployments.begin({
      id: `deployment${index}`,
      environment: 'shop/staging',
      release: digit.repeat(64),
      configRevision: index + 1,
      operation: `operation${index}`,
      instances: [{ id: `shop.staging.web.${index}`, host: 'local' }],
    });
    store.deployments.setOutcome(`deployment${index}`, 'succeeded');
    store.environments.setCurrent('shop/staging', `deployment${index}`);
    store.evidence.append({
      kind: 'deploy.verified',
      subject: 'shop/staging',
      data: {
        release: digit.repeat(64),
        number: index + 1,
        checks: ['home'],
        operation: `operation${index}`,
      },
    });
  }
  store.environments.setMaintenance('shop/production', { message: 'Back at noon.' });
  store.waivers.set({
    app: 'shop',
    item: 'C5',
    reason: 'two users',
    author: 'ada',
    expiresAt: clock.now() + 86_400_000,
  });
}
