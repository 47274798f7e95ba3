import { createHash } from 'node:crypto';
import type { Json } from '../../src/core/json.ts';
import { planDeploy } from '../../src/deploys/plan-deploy.ts';
import { plannedInstances } from '../../src/deploys/planned-instances.ts';
import type { PlannedInstance } from '../../src/deploys/records.ts';
import { toCanonicalManifest } from '../../src/manifest/canonical.ts';
import type { Manifest } from '../../src/manifest/manifest.ts';
import { resolveEnvironment } from '../../src/manifest/resolve-environment.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { systemClock } from '../../src/system/clock.ts';
import { openHome } from '../../src/system/home.ts';
import { identifyProcess } from '../../src/system/process-identity.ts';
import { environmentNames, fleetManifest } from './fleet-app.ts';
import { nothingObserved } from './nothing-observed.ts';

/** Of each app; the newest serves, and each was deployed. */
export const releasesOfAnApp = 2;

export const appName = (index: number): string => `app-${String(index).padStart(3, '0')}`;

/**
 * Brings the records of a home to this many environments, through the store: apps of four environments, each of
 * which saw its releases deployed, with plans, journals and evidence. The control plane must not run. No process
 * belongs to them.
 */
export async function populate(home: string, from: number, to: number): Promise<void> {
  using store = await openStore({ path: openHome(home).database, clock: systemClock });
  for (let index = from / environmentNames.length; index < to / environmentNames.length; index += 1) {
    store.transaction(() => addApp(store, appName(index)));
  }
}

function addApp(store: Store, app: string): void {
  const manifest = fleetManifest(app);
  store.apps.ensure(app, null);
  for (const name of environmentNames) store.environments.ensure(app, name);
  for (let release = 1; release <= releasesOfAnApp; release += 1) {
    const digest = digestOf(`${app} r${release}`);
    store.releases.add({
      digest,
      app,
      sourceDigest: digestOf(`${app} source ${release}`),
      manifest: toCanonicalManifest(manifest),
      treeDigest: digestOf(`${app} tree ${release}`),
      files: 120,
      bytes: 4_000_000,
      commit: null,
      dirty: false,
      runtimes: { node: process.versions.node },
      buildOperation: null,
    });
    for (const name of environmentNames) addDeployment(store, manifest, name, { digest, number: release });
  }
}

function addDeployment(
  store: Store,
  manifest: Manifest,
  name: string,
  release: { readonly digest: string; readonly number: number },
): void {
  const environment = resolveEnvironment(manifest, name);
  if (environment === undefined) throw new Error(`The manifest has no environment ${name}.`);
  const id = `${manifest.app}/${name}`;
  const operation = `deploy-${manifest.app}-${name}-${release.number}`;
  const basis = { tag: `t${release.number}`, environment, release, revision: 0, values: {}, secretNames: [] };
  const plan = planDeploy({
    ...basis,
    reason: 'deploy',
    deploymentId: operation,
    forced: null,
    current: undefined,
    observed: [{ host: 'local', observation: nothingObserved }],
  });
  store.operations.queue.enqueue({
    id: operation,
    kind: 'deploy',
    environment: id,
    idempotencyKey: operation,
    input: { source: null, release: `r${release.number}`, force: null },
    requestedBy: 'bench',
  });
  finish(store, id, operation, plan);
  record(store, id, operation, release.digest, plannedInstances(basis));
}

/** The journal of an operation whose every step went well. */
function finish(
  store: Store,
  environment: string,
  operation: string,
  plan: ReturnType<typeof planDeploy>,
): void {
  const owner = identifyProcess(process.pid);
  if (owner === undefined) throw new Error('This process has no identity.');
  const answer = store.operations.leases.acquire(environment, operation, owner, null);
  if (answer.kind !== 'acquired') throw new Error(`${environment} is leased.`);
  const { journal } = store.operations;
  journal.beginPreparing(answer.lease);
  journal.storePlan(answer.lease, plan);
  for (const step of plan.steps) {
    journal.beginStep(answer.lease, step);
    journal.recordStep(answer.lease, step.id, { state: 'done', output: {} });
  }
  journal.settle(answer.lease, 'succeeded', null);
  journal.finish(answer.lease, true);
}

function record(
  store: Store,
  environment: string,
  operation: string,
  release: string,
  instances: readonly PlannedInstance[],
): void {
  store.deployments.begin({
    id: operation,
    environment,
    release,
    configRevision: null,
    operation,
    instances: JSON.parse(JSON.stringify(instances)) as Json,
  });
  store.deployments.setOutcome(operation, 'succeeded');
  store.environments.setCurrent(environment, operation);
  store.evidence.append({ kind: 'deploy.verified', subject: environment, data: { release, operation } });
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
