import type { BlobStore } from '../artifacts/blob-store.ts';
import { collectGarbage } from '../artifacts/collect-garbage.ts';
import { type Clock, instant } from '../core/units.ts';
import type { Hosts } from '../hosts/host.ts';
import type { StepKind } from '../operations/step.ts';
import { planRetention } from '../releases/plan-retention.ts';
import type { Store } from '../store/store.ts';

type Input = { readonly app: string; readonly keep: number; readonly hosts: readonly string[] };

/** A blob younger than this may belong to a build or a transfer that has not named it yet. */
const graceMs = 60 * 60_000;

/** Removes what retention no longer keeps of an app: trees from the hosts, then blobs that nothing refers to. */
export function pruneReleases(store: Store, blobs: BlobStore, hosts: Hosts, clock: Clock): StepKind {
  return {
    kind: 'release.prune',
    async execute(context, input) {
      const { app, keep, hosts: names } = input as unknown as Input;
      const present = store.releases.list(app).filter(({ removedAt }) => removedAt === null);
      const plan = planRetention(present, { keep, inUse: inUse(store, app) });
      const releases = plan.remove.map(({ digest }) => digest);
      if (releases.length === 0) return { removed: [] };
      for (const name of names) await hosts.get(name).call('removeReleases', { releases }, context.signal);
      for (const digest of releases) store.releases.markRemoved(digest);
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
        text: `${releases.length} releases removed, ${garbage.blobs} blobs freed`,
      });
      return { removed: releases };
    },
  };
}

/** What serves anywhere, and what a rollback of any environment would return to. */
function inUse(store: Store, app: string): string[] {
  return store
    .overview({ app })
    .flatMap(({ current, previousRelease }) => [
      ...(current === null ? [] : [current.release.digest]),
      ...(previousRelease === null ? [] : [previousRelease.digest]),
    ]);
}
