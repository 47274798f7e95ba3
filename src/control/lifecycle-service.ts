import { Failure } from '../core/failure.ts';
import type { Clock } from '../core/units.ts';
import type { Host } from '../hosts/host.ts';
import { composeItems } from '../lifecycle/catalogue.ts';
import { EvidenceIndex } from '../lifecycle/evidence-index.ts';
import { type EnvironmentFacts, environmentFacts } from '../lifecycle/facts.ts';
import { initialDeploymentItems } from '../lifecycle/items/initial-deployment.ts';
import { preparationItems } from '../lifecycle/items/preparation.ts';
import { runningItems } from '../lifecycle/items/running.ts';
import { type BoardLine, judgeItems } from '../lifecycle/judge-items.ts';
import { manifestFromCanonical } from '../manifest/canonical.ts';
import type { LifecycleService } from '../server/control-deps.ts';
import type { EnvironmentOverview } from '../store/overview.ts';
import type { Store } from '../store/store.ts';
import { observeHosts } from './host-evidence.ts';

/** How much of each kind of evidence is read to judge: enough to find the word on any release still kept. */
const newestOfEach = 200;
/** A host that takes longer is judged by what was seen of it before. */
const observeTimeoutMs = 5000;

/** What capabilities bring; a new one adds its list here. */
const items = composeItems([preparationItems, initialDeploymentItems, runningItems]);

/** The chain of evidence and the checklist judged from it. */
export function lifecycleService(store: Store, hosts: readonly Host[], clock: Clock): LifecycleService {
  const board = async (app: string): Promise<readonly BoardLine[]> => {
    requireApp(store, app);
    await observeHosts(store, hosts, clock, AbortSignal.timeout(observeTimeoutMs));
    return readBoard(store, app, clock);
  };
  return {
    board,
    waive: async (app, waiver) => {
      requireApp(store, app);
      setWaiver(store, app, waiver, clock);
      const line = (await board(app)).find(({ id }) => id === waiver.item);
      if (line === undefined) throw new Error(`the item ${waiver.item} is gone`);
      return line;
    },
    evidence: (filter) => store.evidence.read(filter),
    verify: async (head, signal) => {
      const report = await store.evidence.verify(head, signal);
      return {
        intact: report.intact,
        records: report.records,
        head: report.head?.hash ?? null,
        problem: report.intact ? null : report.problem,
      };
    },
  };
}

function readBoard(store: Store, app: string, clock: Clock): readonly BoardLine[] {
  return judgeItems(
    items,
    {
      app,
      now: clock.now(),
      evidence: new EvidenceIndex(store.evidence.newestOfEachKind(app, newestOfEach)),
      environments: store.overview({ app }).map((row) => factsOf(store, row)),
    },
    store.waivers.list(app),
  );
}

function factsOf(store: Store, { id, current }: EnvironmentOverview): EnvironmentFacts {
  const record = current === null ? undefined : store.releases.get(current.release.digest);
  if (current === null || record === undefined) return environmentFacts(id, null, null);
  const { digest, number, runtimes } = record;
  const release = { digest, number, runtimes, manifest: manifestFromCanonical(record.manifest) };
  return environmentFacts(id, release, store.deployments.get(current.deployment)?.operation ?? null);
}

function setWaiver(
  store: Store,
  app: string,
  { item, reason, until }: { readonly item: string; readonly reason: string; readonly until: number },
  clock: Clock,
): void {
  if (!items.some(({ id }) => id === item)) {
    throw new Failure('not-found', `The checklist has no item ${item}.`, {
      hint: 'List them with: mainstay lifecycle',
    });
  }
  if (until <= clock.now()) throw new Failure('usage-invalid', 'A waiver must end in the future.');
  const author = 'operator';
  store.transaction(() => {
    store.waivers.set({ app, item, reason, author, expiresAt: until });
    store.evidence.append({ kind: 'waiver.set', subject: app, data: { item, reason, author, until } });
  });
}

function requireApp(store: Store, app: string): void {
  if (store.apps.get(app) !== undefined) return;
  const known = store.apps.list().map(({ name }) => name);
  throw new Failure('not-found', `No app ${app} is known.`, {
    hint: known.length === 0 ? 'Deploy one: mainstay deploy staging' : `Known: ${known.join(', ')}.`,
  });
}
