import type { BlobStore } from '../artifacts/blob-store.ts';
import { collectGarbage } from '../artifacts/collect-garbage.ts';
import { unpinRelease } from '../artifacts/pins.ts';
import { type Clock, instant } from '../core/units.ts';
import type { Hosts } from '../hosts/host.ts';
import type { StepKind } from '../operations/step.ts';
import { planRetention } from '../releases/plan-retention.ts';
import type { Store } from '../store/store.ts';

type Input = { readonly app: string; readonly keep: number; readonly hosts: readonly string[] };

/** A blob younger than this may belong to a build or a transfer that has not named it yet. */
const graceMs = 60 * 60_000;
/** Retention counts no further back in an environment. */
const historyLimit = 1000;

/** Removes what retention no longer keeps of an app: trees from the hosts, then blobs that nothing refers to. */
export function pruneReleases(store: Store, blobs: BlobStore, hosts: Hosts, clock: Clock): StepKind {
  return {
    kind: 'release.prune',
    async execute(context, input) {
      const { app, keep, hosts: names } = input as unknown as Input;
      const present = store.releases.list(app).filter(({ removedAt }) => removedAt === null);
      const plan = planRetention(present, {
        keep,
        inUse: inUse(store, app, context.operation.id),
        deployed: deployed(store, app),
      });
      const releases = plan.remove.map(({ digest }) => digest);
      if (releases.length === 0) return { removed: [] };
      const held = new Set<string>();
      for (const name of names) {
        const answer = await hosts.get(name).call('removeReleases', { releases }, context.signal);
        for (const digest of answer.inUse) held.add(digest);
      }
      const removed = releases.filter((digest) => !held.has(digest));
      for (const digest of removed) {
        store.releases.markRemoved(digest);
        await unpinRelease(blobs, digest);
      }
      const kept = store.apps
        .list()
        .flatMap(({ name }) => store.releases.list(name))
        .filter(({ removedAt }) => removedAt === null);
      const usedAfter = instant(clock.now() - graceMs);
      const garbage = await collectGarbage(
        blobs,
        { keep: kept.map(({ digest }) => digest), usedAfter },
        context.signal,
      );
      context.emit({
        type: 'note',
        text: `${removed.length} releases removed, ${garbage.blobs} blobs freed`,
      });
      return { removed };
    },
  };
}

/** What serves anywhere, what a rollback of any environment would return to, and what others are about to start. */
function inUse(store: Store, app: string, self: string): string[] {
  const serving = store
    .overview({ app })
    .flatMap(({ current, previousRelease }) => [
      ...(current === null ? [] : [current.release.digest]),
      ...(previousRelease === null ? [] : [previousRelease.digest]),
    ]);
  const { queue } = store.operations;
  const underWay = queue
    .heads()
    .filter(({ environment, operation }) => environment.startsWith(`${app}/`) && operation !== self)
    .flatMap(({ operation }) => digestsIn(queue.get(operation)?.plan?.facts));
  return [...serving, ...underWay];
}

/** Plans say in their facts which releases they were made for, each kind of operation in its own shape. */
function digestsIn(facts: unknown): string[] {
  return [...(JSON.stringify(facts) ?? '').matchAll(/"([0-9a-f]{64})"/g)].map(([, digest = '']) => digest);
}

/** So that many deploys to one environment do not take from another what it could roll back to. */
function deployed(store: Store, app: string): Record<string, readonly string[]> {
  return Object.fromEntries(
    store.environments.list(app).map(({ id }) => [
      id,
      store.deployments
        .list(id, historyLimit)
        .filter(({ outcome }) => outcome === 'succeeded')
        .map(({ release }) => release),
    ]),
  );
}
