import { Failure } from '../core/failure.ts';
import type { Command } from '../manifest/manifest.ts';
import type { ResolvedEnvironment } from '../manifest/resolve-environment.ts';
import type { OperationKind, Plan, WorkContext } from '../operations/step.ts';
import { appOf } from './deploy-operations.ts';
import { json } from './deploy-wish.ts';
import { privateChecks, publicChecks, shortName } from './planned-checks.ts';
import { plannedTask } from './planned-instances.ts';
import { deploymentBasis, observeHosts } from './prepare-deploy.ts';
import type { DeployDeps, Deployment } from './records.ts';
import { shortRelease, WaveBuilder } from './wave-builder.ts';

/** Asks every check of what serves now, privately and publicly, and records that all passed. */
export function verifyOperation(deps: DeployDeps): OperationKind {
  return {
    kind: 'verify',
    async prepare(context) {
      const { current, basis, release } = servingNow(deps, context);
      const waves = new WaveBuilder();
      const checks = [...privateChecks(basis, current.instances), ...publicChecks(basis)];
      for (const check of checks) {
        const target =
          check.target.kind === 'public'
            ? check.target.host
            : shortName(current.instances, check.target.instance);
        waves.add({
          id: `check ${check.name} ${target}`,
          kind: 'check.run',
          title: `Check ${check.name} on ${target}`,
          input: json(check),
        });
      }
      waves.next();
      const passed = [...new Set(checks.map((check) => check.name))];
      waves.add({
        id: 'record',
        kind: 'checks.record',
        title: 'Record that every check passed',
        input: { environment: context.operation.environment, release: current.release, passed },
      });
      return {
        summary: `Verify ${shortRelease(release)} in ${context.operation.environment} with ${checks.length} checks`,
        steps: waves.steps,
        facts: { release: current.release },
      };
    },
  };
}

/** Somebody waits for it or has forgotten it. */
const longestByHandMs = 24 * 3_600_000;

type RunInput = {
  readonly job: string | null;
  readonly argv: readonly string[] | null;
  readonly command: string | null;
};

/** Runs a job of the manifest, or a command line, once, in the release that serves. */
export function runOperation(deps: DeployDeps): OperationKind<RunInput> {
  return {
    kind: 'run',
    async prepare(context, input) {
      const { basis } = servingNow(deps, context);
      const wish = runWish(context.operation.environment, basis.environment, input);
      const { app, name } = basis.environment;
      const task = plannedTask(basis, {
        ...wish,
        id: `${app}.${name}.run.${basis.tag}`,
        variables: { ...wish.variables },
      });
      return {
        summary: `Run ${wish.title} in ${context.operation.environment}`,
        steps: [
          {
            id: 'run',
            kind: 'task.run',
            title: `Run ${wish.title}`,
            wave: 0,
            input: json(task),
            onFailure: 'compensate',
          },
        ],
        facts: { release: basis.release.digest },
      };
    },
  };
}

function commandByHand({ argv, command }: RunInput): Command | undefined {
  if (argv !== null) return { kind: 'argv', argv };
  return command === null ? undefined : { kind: 'shell', line: command };
}

function runWish(environment: string, { jobs, configuration }: ResolvedEnvironment, input: RunInput) {
  const command = commandByHand(input);
  if (command !== undefined)
    return {
      title: command.kind === 'shell' ? command.line : command.argv.join(' '),
      command,
      variables: configuration,
      timeoutMs: longestByHandMs,
    };
  const job = jobs.find(({ name }) => name === input.job);
  if (job === undefined)
    throw new Failure('not-found', `${environment} has no job ${input.job}.`, {
      hint: `Its jobs: ${jobs.map(({ name }) => name).join(', ') || 'none'}.`,
    });
  return {
    title: `job ${job.name}`,
    command: job.command,
    variables: job.environment,
    timeoutMs: job.timeout,
  };
}

/** Stops everything of an environment. Releases and data stay; a deploy or a rollback brings it back. */
export function downOperation(deps: DeployDeps): OperationKind {
  return {
    kind: 'down',
    prepare: (context) => planRemoval(deps, context, null),
  };
}

type DestroyInput = { readonly data: 'keep' | 'destroy' };

/** Like down, and forgets the environment. Its data goes only when that was said in so many words. */
export function destroyOperation(deps: DeployDeps): OperationKind<DestroyInput> {
  return {
    kind: 'destroy',
    prepare: (context, { data }) => planRemoval(deps, context, data),
  };
}

async function planRemoval(
  deps: DeployDeps,
  context: WorkContext,
  data: 'keep' | 'destroy' | null,
): Promise<Plan> {
  const { environment } = context.operation;
  const current = deps.records.current(environment);
  const hosts = [...new Set(current?.instances.map(({ host }) => host) ?? ['local'])];
  const observed = await observeHosts(deps, context, environment, hosts);
  const waves = new WaveBuilder();
  for (const { host } of observed)
    waves.add({
      id: `routes ${host}`,
      kind: 'routes.switch',
      title: `Send no more requests on ${host}`,
      input: { host, environment, routes: [], previous: [] },
      onFailure: 'warn',
      commit: true,
    });
  waves.next();
  for (const { host, observation } of observed)
    for (const { id, service, ordinal } of observation.instances)
      waves.add({
        id: `stop ${id}`,
        kind: 'instance.stop',
        title: `Let ${service}.${ordinal} finish and stop it`,
        input: { host, environment, instance: id, drainMs: 10_000 },
        onFailure: 'warn',
      });
  waves.next();
  for (const { host } of observed)
    waves.add({
      id: `remove ${host}`,
      kind: 'environment.remove',
      title:
        data === 'destroy'
          ? `Remove ${environment} from ${host} with its data`
          : `Unschedule the jobs of ${environment} on ${host}; its data stays`,
      input: { host, environment, data: data ?? 'keep' },
      onFailure: 'warn',
    });
  waves.next();
  waves.add({
    id: 'record',
    kind: 'environment.record',
    title: data === null ? `Record that ${environment} is down` : `Record that ${environment} is gone`,
    input: { environment, data, hosts },
    onFailure: 'warn',
    commit: true,
  });
  return {
    summary:
      data === null
        ? `Take ${environment} down; its data stays`
        : `Destroy ${environment}; its data ${data === 'keep' ? 'stays' : 'is destroyed'}`,
    steps: waves.steps,
    facts: { instances: observed.flatMap(({ observation }) => observation.instances.map(({ id }) => id)) },
  };
}

function servingNow(deps: DeployDeps, context: WorkContext) {
  const { environment } = context.operation;
  const current: Deployment | undefined = deps.records.current(environment);
  if (current === undefined)
    throw new Failure('conflict', `${environment} serves no release.`, {
      hint: `Deploy to it first: mainstay deploy ${environment.slice(appOf(environment).length + 1)}`,
    });
  const release = deps.records.release(current.release);
  const revision = current.configRevision;
  return { current, release, basis: deploymentBasis(deps, context, { environment, release, revision }) };
}
