import type { Plan, PlannedStep } from '../operations/step.ts';
import {
  currentRoutes,
  type DeployReason,
  type DeployWish,
  isInPlace,
  json,
  oldInstances,
} from './deploy-wish.ts';
import { addCleanUp } from './plan-clean-up.ts';
import { privateChecks, publicChecks, shortName } from './planned-checks.ts';
import { environmentId, type PlannedTask, plannedInstances, plannedTask } from './planned-instances.ts';
import { plannedRoutes } from './planned-routes.ts';
import type { PlannedInstance } from './records.ts';
import { shortRelease, WaveBuilder } from './wave-builder.ts';

/**
 * Decides everything about one deploy from what was observed: which steps, in which waves, and what each
 * needs. Pure: the plan that is shown, approved, executed and resumed is the value returned here. When the
 * environment already is what is wished, only the public checks are left to do.
 */
export function planDeploy(wish: DeployWish): Plan {
  const instances = plannedInstances(wish);
  const facts = planFacts(wish);
  if (isInPlace(wish, instances)) {
    const waves = new WaveBuilder();
    addPublicChecks(waves, wish);
    return {
      summary: `${shortRelease(wish.release)} already serves ${environmentId(wish.environment)}; checking it again`,
      steps: waves.steps,
      facts,
    };
  }
  const before = wish.current === undefined ? '' : ` in place of r${wish.current.number}`;
  return {
    summary: `${verbs[wish.reason]} ${shortRelease(wish.release)} to ${environmentId(wish.environment)}${before}`,
    steps: deploySteps(wish, instances),
    facts,
  };
}

const verbs: Record<DeployReason, string> = {
  deploy: 'Deploy',
  promote: 'Promote',
  rollback: 'Roll back to',
};

function deploySteps(wish: DeployWish, instances: readonly PlannedInstance[]): PlannedStep[] {
  const waves = new WaveBuilder();
  const old = oldInstances(wish);
  addStaging(waves, wish);
  addReleaseBefore(waves, wish);
  const fixed = instances.filter((instance) => instance.port.mode === 'fixed');
  addStarts(
    waves,
    wish,
    instances.filter((instance) => instance.port.mode !== 'fixed'),
  );
  const held = addHandOver(waves, wish, fixed, old);
  addPrivateChecks(waves, wish, instances);
  addSwitch(waves, wish, instances);
  addPublicChecks(waves, wish);
  addWatch(waves, wish, instances);
  addRecord(waves, wish, instances);
  addCleanUp(
    waves,
    wish,
    old.filter((instance) => !held.includes(instance.id)),
  );
  return waves.steps;
}

function addStaging(waves: WaveBuilder, wish: DeployWish): void {
  for (const { host, observation } of wish.observed) {
    if (observation.releases.includes(wish.release.digest)) continue;
    waves.add({
      id: `stage ${host}`,
      kind: 'release.stage',
      title: `Copy ${shortRelease(wish.release)} to ${host}`,
      input: { host, release: wish.release.digest },
    });
  }
  waves.next();
}

/** A rollback returns to a release whose preparation was done when it was deployed; its migrations do not run again. */
function addReleaseBefore(waves: WaveBuilder, wish: DeployWish): void {
  if (wish.reason === 'rollback') return;
  const { release } = wish.environment;
  release.before.forEach((command, index) => {
    const task: PlannedTask = plannedTask(wish, {
      id: `${wish.environment.app}.${wish.environment.name}.before.${wish.release.digest.slice(0, 8)}.${wish.tag}.${index}`,
      title: 'release.before',
      command,
      variables: wish.environment.configuration,
      timeoutMs: release.timeout,
    });
    const line = command.kind === 'argv' ? command.argv.join(' ') : command.line;
    waves.add({ id: `before ${index}`, kind: 'task.run', title: `Run ${line}`, input: json(task) });
    waves.next();
  });
}

function addStarts(waves: WaveBuilder, wish: DeployWish, instances: readonly PlannedInstance[]): void {
  for (const instance of instances) waves.add(startStep(wish, instance));
  waves.next();
}

function startStep(wish: DeployWish, instance: PlannedInstance) {
  const drainMs = wish.environment.deploy.drain;
  return {
    id: `start ${instance.service}.${instance.ordinal}`,
    kind: 'instance.start',
    title: `Start ${instance.service}.${instance.ordinal} of r${wish.release.number} and wait until it is healthy`,
    input: json({ instance, revision: wish.revision, drainMs }),
  };
}

/**
 * A service that can listen on one port only cannot run twice: requests are held, the old instance drains
 * and stops, the new one starts. Returns the ids of the instances that this stops.
 */
function addHandOver(
  waves: WaveBuilder,
  wish: DeployWish,
  fixed: readonly PlannedInstance[],
  old: readonly PlannedInstance[],
): string[] {
  const services = new Set(fixed.map((instance) => instance.service));
  const leaving = old.filter((instance) => services.has(instance.service) && instance.port.mode === 'fixed');
  if (leaving.length > 0) {
    addHold(waves, wish, services);
    for (const instance of leaving)
      waves.add({
        id: `hand over ${instance.service}.${instance.ordinal}`,
        kind: 'instance.hand-over',
        title: `Stop the old ${instance.service}.${instance.ordinal}, which holds the port; requests wait`,
        input: json({
          instance,
          revision: wish.current?.configRevision ?? wish.revision,
          drainMs: wish.environment.deploy.drain,
        }),
        pivot: true,
      });
    waves.next();
  }
  addStarts(waves, wish, fixed);
  return leaving.map((instance) => instance.id);
}

function addHold(waves: WaveBuilder, wish: DeployWish, services: ReadonlySet<string>): void {
  for (const { host, observation } of wish.observed) {
    const present = currentRoutes(wish, observation);
    const held = present.map((route) => (services.has(route.service) ? { ...route, instances: [] } : route));
    waves.add({
      id: `hold ${host}`,
      kind: 'routes.switch',
      title: `Hold requests to ${[...services].join(', ')} on ${host}`,
      input: json({ host, environment: environmentId(wish.environment), routes: held, previous: present }),
      pivot: true,
    });
  }
  waves.next();
}

function addPrivateChecks(waves: WaveBuilder, wish: DeployWish, instances: readonly PlannedInstance[]): void {
  for (const check of privateChecks(wish, instances)) {
    const target = check.target.kind === 'instance' ? shortName(instances, check.target.instance) : '';
    waves.add({
      id: `check ${check.name} ${target}`,
      kind: 'check.run',
      title: `Check ${check.name} on ${target}`,
      input: json(check),
    });
  }
  waves.next();
}

function addSwitch(waves: WaveBuilder, wish: DeployWish, instances: readonly PlannedInstance[]): void {
  for (const { host, observation } of wish.observed) {
    waves.add({
      id: `switch ${host}`,
      kind: 'routes.switch',
      title: `Send requests on ${host} to r${wish.release.number}`,
      input: json({
        host,
        environment: environmentId(wish.environment),
        routes: plannedRoutes(wish.environment, instances, host),
        previous: currentRoutes(wish, observation),
      }),
      pivot: true,
    });
  }
  waves.next();
}

function addPublicChecks(waves: WaveBuilder, wish: DeployWish): void {
  for (const check of publicChecks(wish))
    waves.add({
      id: `verify ${check.name}`,
      kind: 'check.run',
      title: `Check ${check.name} through ${check.target.kind === 'public' ? check.target.host : 'the ingress'}`,
      input: json(check),
    });
  waves.next();
}

function addWatch(waves: WaveBuilder, wish: DeployWish, instances: readonly PlannedInstance[]): void {
  const { watch, maxErrorRate, maxLatencyFactor } = wish.environment.deploy;
  if (watch === 0) return;
  waves.add({
    id: 'watch',
    kind: 'deploy.watch',
    title: `Watch r${wish.release.number}${wish.current === undefined ? '' : ` against r${wish.current.number}`}`,
    input: {
      environment: environmentId(wish.environment),
      durationMs: watch,
      maxErrorRate,
      maxLatencyFactor,
      release: wish.release.digest,
      oldRelease: wish.current?.release ?? null,
      instances: instances.map(({ id, host }) => ({ id, host })),
    },
  });
  waves.next();
}

function addRecord(waves: WaveBuilder, wish: DeployWish, instances: readonly PlannedInstance[]): void {
  const deployment = {
    id: wish.deploymentId,
    environment: environmentId(wish.environment),
    release: wish.release.digest,
    configRevision: wish.revision,
    instances,
  };
  waves.add({
    id: 'record',
    kind: 'deployment.record',
    title: `Record r${wish.release.number} as the current release`,
    input: json({
      deployment,
      checks: wish.environment.checks.map((check) => check.name),
      forced: wish.forced,
    }),
    commit: true,
  });
  waves.next();
}

function planFacts(wish: DeployWish): Plan['facts'] {
  return json({
    reason: wish.reason,
    release: wish.release,
    revision: wish.revision,
    current:
      wish.current === undefined ? null : { release: wish.current.release, number: wish.current.number },
    hosts: wish.observed.map(({ host, observation }) => ({
      host,
      instances: observation.instances
        .filter((instance) => instance.environment === environmentId(wish.environment))
        .map(({ id, state, healthy }) => ({ id, state, healthy })),
      diskFreeBytes: observation.host.diskFreeBytes,
    })),
  });
}
