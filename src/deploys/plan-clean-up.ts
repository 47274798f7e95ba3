import type { JobSpec } from '../api/agent.ts';
import { type DeployWish, json, oldInstances } from './deploy-wish.ts';
import { environmentId, plannedTask } from './planned-instances.ts';
import type { PlannedInstance } from './records.ts';
import type { WaveBuilder } from './wave-builder.ts';

/** A scheduled job in a plan: names of secrets, never values. */
export type PlannedJob = Omit<JobSpec, 'secrets'> & { readonly secretNames: readonly string[] };

/** After the outcome is certain: old instances finish what they have, stop, and old releases go. */
export function addCleanUp(waves: WaveBuilder, wish: DeployWish, old: readonly PlannedInstance[]): void {
  const drainMs = wish.environment.deploy.drain;
  const leaving = [...old, ...strays(wish)];
  for (const { id, host, label } of leaving.map(describeLeaving))
    waves.add({
      id: `stop ${id}`,
      kind: 'instance.stop',
      title: `Let the old ${label} finish and stop it`,
      input: { host, environment: environmentId(wish.environment), instance: id, drainMs },
      onFailure: 'warn',
    });
  addJobs(waves, wish);
  waves.next();
  waves.add({
    id: 'prune',
    kind: 'release.prune',
    title: `Keep the newest ${wish.environment.release.keep} releases`,
    input: {
      app: wish.environment.app,
      keep: wish.environment.release.keep,
      hosts: wish.observed.map(({ host }) => host),
    },
    onFailure: 'warn',
  });
}

function describeLeaving(instance: Leaving): { id: string; host: string; label: string } {
  return { id: instance.id, host: instance.host, label: `${instance.service}.${instance.ordinal}` };
}

type Leaving = Pick<PlannedInstance, 'id' | 'host' | 'service' | 'ordinal'>;

/** Instances of this environment that belong to no deployment: left behind, to be cleared away. */
function strays(wish: DeployWish): Leaving[] {
  const known = new Set(oldInstances(wish).map((instance) => instance.id));
  return wish.observed.flatMap(({ host, observation }) =>
    observation.instances
      .filter(
        (instance) => instance.environment === environmentId(wish.environment) && !known.has(instance.id),
      )
      .map(({ id, service, ordinal }) => ({ id, host, service, ordinal })),
  );
}

function addJobs(waves: WaveBuilder, wish: DeployWish): void {
  const [first] = wish.observed;
  if (first === undefined) return;
  const jobs = wish.environment.jobs.flatMap((job): PlannedJob[] =>
    job.schedule === null
      ? []
      : [
          {
            ...jobExecution(wish, job.name, job.command, job.environment, job.timeout),
            name: job.name,
            schedule: job.schedule,
            timezone: job.timezone,
            timeoutMs: job.timeout,
          },
        ],
  );
  if (jobs.length === 0 && first.observation.jobs.length === 0) return;
  waves.add({
    id: 'jobs',
    kind: 'jobs.set',
    title: jobs.length === 0 ? 'Unschedule all jobs' : `Schedule ${jobs.map((job) => job.name).join(', ')}`,
    input: json({
      host: first.host,
      environment: environmentId(wish.environment),
      revision: wish.revision,
      jobs,
    }),
    onFailure: 'warn',
  });
}

function jobExecution(
  wish: DeployWish,
  name: string,
  command: DeployWish['environment']['jobs'][number]['command'],
  variables: Readonly<Record<string, string>>,
  timeoutMs: number,
) {
  const {
    environment,
    release,
    command: own,
    variables: all,
    secretNames,
    data,
  } = plannedTask(wish, {
    id: name,
    title: `job ${name}`,
    command,
    variables,
    timeoutMs,
  });
  return { environment, release, command: own, variables: all, secretNames, data };
}
