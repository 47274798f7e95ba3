import { Failure } from '../core/failure.ts';
import type { Json } from '../core/json.ts';
import type { DeployableRelease, Deployment, DeployRecords, PlannedInstance } from '../deploys/records.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { judgePromotion, type VerificationFact } from '../releases/promotion.ts';
import type { DeploymentRecord } from '../store/deployments.ts';
import type { ReleaseRecord } from '../store/releases.ts';
import type { Store } from '../store/store.ts';

/** How far back a rollback, and the search for a verification, look. */
const historyLimit = 200;

/** The records that deploying reads and writes, over the store. */
export function deployRecords(store: Store, manifestFrom: (stored: Json) => Manifest): DeployRecords {
  const deployable = (record: ReleaseRecord): DeployableRelease => ({
    digest: record.digest,
    number: record.number,
    app: record.app,
    manifest: manifestFrom(record.manifest),
  });
  const require = (digest: string): ReleaseRecord => {
    const record = store.releases.get(digest);
    if (record === undefined) throw new Failure('not-found', `Release ${digest.slice(0, 12)} is not known.`);
    return record;
  };
  return {
    release: (digest) => deployable(require(digest)),
    findRelease: (app, reference) => deployable(store.releases.find(app, reference)),
    current: (environment) => {
      const id = store.environments.get(environment)?.currentDeployment ?? null;
      const record = id === null ? undefined : store.deployments.get(id);
      return record === undefined ? undefined : toDeployment(record);
    },
    previous: (environment) => previousDeployments(store, environment),
    maintenance: (environment) => store.environments.get(environment)?.maintenance ?? null,
    setMaintenance: (environment, message, operation) => {
      store.transaction(() => {
        store.environments.setMaintenance(environment, message === null ? null : { message });
        store.evidence.append({
          kind: 'maintenance.changed',
          subject: environment,
          data: { message, operation },
        });
      });
    },
    configRevision: (environment) => store.configRevisions.latest(environment)?.revision ?? 0,
    promotionSource: (environment) => promotionSource(store, environment, manifestFrom),
    recordDeployment: (deployment, passed, forced) => recordDeployment(store, deployment, passed, forced),
    recordDown: (environment, operation) => {
      store.transaction(() => {
        store.environments.setCurrent(environment, null);
        store.evidence.append({ kind: 'environment.down', subject: environment, data: { operation } });
      });
    },
    recordRemoved: (environment, operation, data) => {
      store.transaction(() => {
        store.environments.markRemoved(environment);
        // One that comes back under the same name must not find the secrets of the one that was destroyed.
        store.configRevisions.erase(environment);
        store.evidence.append({
          kind: 'environment.removed',
          subject: environment,
          data: { operation, data },
        });
      });
    },
    recordChecks: (environment, release, passed) => {
      store.evidence.append({
        kind: 'deploy.verified',
        subject: environment,
        data: { release, number: require(release).number, checks: [...passed], operation: null },
      });
    },
    verification: (environment, release) => verification(store, environment, require(release)),
  };
}

function toDeployment(record: DeploymentRecord): Deployment {
  return {
    id: record.id,
    environment: record.environment,
    release: record.release,
    configRevision: record.configRevision ?? 0,
    operation: record.operation,
    // Written by `recordDeployment` below and by nothing else.
    instances: record.instances as unknown as readonly PlannedInstance[],
    startedAt: record.startedAt,
  };
}

function previousDeployments(store: Store, environment: string): readonly Deployment[] {
  const current = store.environments.get(environment)?.currentDeployment ?? null;
  const serving = current === null ? undefined : store.deployments.get(current)?.release;
  return store.deployments
    .list(environment, historyLimit)
    .filter(({ id, outcome, release }) => outcome === 'succeeded' && id !== current && release !== serving)
    .filter(({ release }) => store.releases.get(release)?.removedAt === null)
    .map(toDeployment);
}

function recordDeployment(
  store: Store,
  deployment: Deployment,
  passed: readonly string[],
  forced: string | null,
): void {
  store.transaction(() => {
    if (store.environments.get(deployment.environment)?.currentDeployment === deployment.id) return;
    const { startedAt: _startedAt, configRevision, instances, ...rest } = deployment;
    store.deployments.begin({
      ...rest,
      configRevision: configRevision === 0 ? null : configRevision,
      instances: instances as unknown as Json,
    });
    store.deployments.setOutcome(deployment.id, 'succeeded');
    store.environments.setCurrent(deployment.environment, deployment.id);
    if (forced !== null)
      store.evidence.append({
        kind: 'promotion.forced',
        subject: deployment.environment,
        data: { release: deployment.release, operation: deployment.operation, reason: forced },
      });
    store.evidence.append({
      kind: 'deploy.verified',
      subject: deployment.environment,
      data: {
        release: deployment.release,
        number: store.releases.get(deployment.release)?.number ?? 0,
        checks: [...passed],
        operation: deployment.operation,
      },
    });
  });
}

function promotionSource(
  store: Store,
  environment: string,
  manifestFrom: (stored: Json) => Manifest,
): string | null {
  const [app = '', name] = environment.split('/');
  const [newest] = store.releases.list(app);
  if (newest === undefined) return null;
  const found = manifestFrom(newest.manifest).environments.find((candidate) => candidate.name === name);
  return found?.promoteFrom ?? null;
}

/** What the chain of evidence says about this release in that environment. */
function verification(
  store: Store,
  environment: string,
  release: ReleaseRecord,
): { verified: boolean; reason: string } {
  const facts = (kind: string, means: VerificationFact['kind']): VerificationFact[] =>
    store.evidence
      .read({ subject: environment, kind, limit: historyLimit })
      .map(({ data, seq }) => ({ kind: means, release: releaseOf(data), order: seq }));
  const { allowed, reason } = judgePromotion(release.digest, environment, [
    ...facts('deploy.verified', 'verified'),
    ...facts('verification.failed', 'failed'),
  ]);
  return { verified: allowed, reason: `it ${reason}.` };
}

function releaseOf(data: Json): string {
  const release = data !== null && typeof data === 'object' && 'release' in data ? data.release : undefined;
  return typeof release === 'string' ? release : '';
}
