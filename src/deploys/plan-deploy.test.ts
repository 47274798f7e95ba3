import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HostObservation } from '../api/agent.ts';
import { parseManifest } from '../manifest/parse-manifest.ts';
import { resolveEnvironment } from '../manifest/resolve-environment.ts';
import type { DeployWish } from './deploy-wish.ts';
import { planDeploy } from './plan-deploy.ts';
import { plannedInstances } from './planned-instances.ts';
import { plannedRoutes } from './planned-routes.ts';
import type { PlannedInstance } from './records.ts';

const text = `
app: shop
services:
  web: { command: node web.js, health: /up, instances: 2 }
  worker: { command: node worker.js }
release: { before: node migrate.js }
data: { db: { type: sqlite, path: shop.db, env: DB } }
jobs: { tidy: { command: node tidy.js, schedule: "0 3 * * *" } }
checks: { home: { http: { path: / }, when: [private, public] } }
environments:
  production: { domain: shop.localhost }
`;

const oldRelease = { digest: 'a'.repeat(64), number: 1 };
const newRelease = { digest: 'b'.repeat(64), number: 2 };

function observation(changes: Partial<HostObservation> = {}): HostObservation {
  return {
    host: {
      hostname: 'h',
      os: 'os',
      kernel: 'k',
      cpus: 2,
      memoryBytes: 1,
      memoryFreeBytes: 1,
      diskFreeBytes: 1,
      diskTotalBytes: 1,
      runtimes: {},
    },
    agent: { version: '0', pid: 1, startedAt: 0 },
    ingress: null,
    instances: [],
    releases: [],
    routes: [],
    jobs: [],
    data: [],
    ...changes,
  };
}

function wish(changes: Partial<DeployWish> = {}, manifestText = text): DeployWish {
  const parsed = parseManifest(manifestText, 'mainstay.yaml');
  assert.ok(parsed.ok, JSON.stringify(parsed));
  const environment = resolveEnvironment(parsed.manifest, 'production');
  assert.ok(environment);
  return {
    tag: 'new',
    environment,
    release: newRelease,
    revision: 1,
    values: {},
    secretNames: [],
    reason: 'deploy',
    deploymentId: 'd2',
    forced: null,
    current: undefined,
    observed: [{ host: 'local', observation: observation() }],
    ...changes,
  };
}

function statusOf(instance: PlannedInstance): HostObservation['instances'][number] {
  return {
    id: instance.id,
    environment: instance.environment,
    service: instance.service,
    release: instance.release,
    ordinal: instance.ordinal,
    state: 'running',
    healthy: true,
    pid: 1,
    port: 1,
    startedAt: 0,
    restarts: 0,
    memoryBytes: 1,
    memoryLimit: 'none',
    lastExit: null,
  };
}

/** The wish as it looks when the deployment of `release` is in place. */
function afterDeploying(release: typeof oldRelease, manifestText = text): DeployWish {
  const basis = wish({ release, tag: 'old' }, manifestText);
  const instances = plannedInstances(basis);
  return wish(
    {
      current: {
        id: 'd1',
        environment: 'shop/production',
        release: release.digest,
        number: release.number,
        configRevision: 1,
        operation: 'o1',
        instances,
        startedAt: 0,
      },
      observed: [
        {
          host: 'local',
          observation: observation({
            releases: [release.digest],
            instances: instances.map(statusOf),
            routes: plannedRoutes(basis.environment, instances, 'local').map((route) => ({
              ...route,
              environment: 'shop/production',
            })),
          }),
        },
      ],
    },
    manifestText,
  );
}

describe('planDeploy', () => {
  it('starts the new beside the old, checks, switches, watches, records, and stops the old last', () => {
    const plan = planDeploy(afterDeploying(oldRelease));
    assert.deepEqual(
      plan.steps.map(({ kind }) => kind).filter((kind, index, all) => kind !== all[index - 1]),
      [
        'release.stage',
        'task.run',
        'instance.start',
        'check.run',
        'routes.switch',
        'check.run',
        'deploy.watch',
        'deployment.record',
        'instance.stop',
        'jobs.set',
        'release.prune',
      ],
    );
    assert.equal(plan.summary, 'Deploy r2 (bbbbbbbb) to shop/production in place of r1');
  });

  it('plans nothing but checks when what is wished is already in place', () => {
    const inPlace = afterDeploying(newRelease);
    const plan = planDeploy(inPlace);
    assert.deepEqual(
      plan.steps.map(({ kind }) => kind),
      ['check.run'],
    );
  });

  it('deploys again when an instance of the current release is not healthy', () => {
    const sick = afterDeploying(newRelease);
    const [first] = sick.observed[0]?.observation.instances ?? [];
    assert.ok(first);
    first.healthy = false;
    assert.ok(planDeploy(sick).steps.some(({ kind }) => kind === 'routes.switch'));
  });

  it('gives every step an id of its own and keeps waves without gaps', () => {
    const { steps } = planDeploy(afterDeploying(oldRelease));
    assert.equal(new Set(steps.map(({ id }) => id)).size, steps.length);
    const waves = [...new Set(steps.map(({ wave }) => wave))];
    assert.deepEqual(
      waves,
      waves.map((_, index) => index),
    );
  });

  it('does not run release.before again on a rollback', () => {
    const plan = planDeploy({ ...afterDeploying(oldRelease), reason: 'rollback' });
    assert.ok(!plan.steps.some(({ kind }) => kind === 'task.run'));
  });

  it('marks the switch as the pivot and the record as the commit, with clean-up that only warns after it', () => {
    const { steps } = planDeploy(afterDeploying(oldRelease));
    assert.deepEqual(
      steps.filter(({ pivot }) => pivot).map(({ kind }) => kind),
      ['routes.switch'],
    );
    const commit = steps.findIndex((step) => step.commit);
    assert.equal(steps[commit]?.kind, 'deployment.record');
    assert.ok(steps.slice(commit + 1).every(({ onFailure }) => onFailure === 'warn'));
    assert.ok(steps.slice(0, commit + 1).every(({ onFailure }) => onFailure === 'compensate'));
  });

  it('holds requests and hands over when a service can listen on one port only', () => {
    const fixed = text.replace('health: /up, instances: 2', 'health: /up, port: 8123');
    const { steps } = planDeploy(afterDeploying(oldRelease, fixed));
    const kinds = steps.map(({ id }) => id.split(' ')[0]);
    const order = ['hold', 'hand', 'switch'].map((word) => kinds.indexOf(word));
    assert.ok(order.every((position) => position >= 0) && order[0] === Math.min(...order));
    const startFixed = steps.findIndex(({ id }) => id === 'start web.0');
    assert.ok(startFixed > (order[1] ?? 0) && startFixed < (order[2] ?? 0));
    assert.ok(!steps.some(({ id }) => id.startsWith('stop') && id.includes('.web.')));
  });

  it('clears away instances that belong to no deployment', () => {
    const base = afterDeploying(oldRelease);
    const stray = { ...statusOf(plannedInstances(wish({ tag: 'lost' }))[0] as PlannedInstance) };
    base.observed[0]?.observation.instances.push(stray);
    assert.ok(planDeploy(base).steps.some(({ id }) => id === `stop ${stray.id}`));
  });

  it('holds no value of a secret', () => {
    const plan = planDeploy({ ...afterDeploying(oldRelease), secretNames: ['TOKEN'] });
    assert.ok(JSON.stringify(plan).includes('TOKEN'));
    assert.ok(!JSON.stringify(plan).includes('"secrets"'));
  });
});
