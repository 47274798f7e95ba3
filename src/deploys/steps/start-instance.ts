import { Failure } from '../../core/failure.ts';
import type { Json } from '../../core/json.ts';
import type { StepKind, WorkContext } from '../../operations/step.ts';
import type { DeployDeps, PlannedInstance } from '../records.ts';

export type InstanceInput = {
  readonly instance: PlannedInstance;
  readonly revision: number;
  readonly drainMs: number;
};

/** Starts an instance and waits until it is healthy. Taking it back drains it, then stops it. */
export function startInstance(deps: DeployDeps): StepKind {
  return {
    kind: 'instance.start',
    async execute(context, input) {
      await startAndAwait(deps, context, instanceInput(input));
      return {};
    },
    async compensate(context, input) {
      await drainAndStop(deps, context, instanceInput(input));
    },
  };
}

/**
 * For a service that cannot run twice: the old instance drains and stops before the new one starts.
 * Taking it back starts the old one again, from its own release and configuration.
 */
export function handOverInstance(deps: DeployDeps): StepKind {
  return {
    kind: 'instance.hand-over',
    async execute(context, input) {
      await drainAndStop(deps, context, instanceInput(input));
      return {};
    },
    async compensate(context, input) {
      await startAndAwait(deps, context, instanceInput(input));
    },
  };
}

async function startAndAwait(deps: DeployDeps, context: WorkContext, input: InstanceInput): Promise<void> {
  const { host: hostName, secretNames, ...spec } = input.instance;
  const host = deps.hosts.get(hostName);
  const secrets = { ...deps.configuration.secrets(spec.environment, input.revision, secretNames) };
  await host.call('startInstance', { fence: context.fence, spec: { ...spec, secrets } }, context.signal);
  await host.call('awaitHealthy', { instance: spec.id }, context.signal);
}

async function drainAndStop(deps: DeployDeps, context: WorkContext, input: InstanceInput): Promise<void> {
  const { host: hostName, id, environment } = input.instance;
  const host = deps.hosts.get(hostName);
  await host.call('drain', { instances: [id], timeoutMs: input.drainMs }, context.signal);
  await host.call('stopInstance', { fence: context.fence, environment, instance: id }, context.signal);
}

/** The journal gives back what this feature's own planner stored. */
function instanceInput(input: Json): InstanceInput {
  if (input === null || typeof input !== 'object' || !('instance' in input))
    throw new Failure('internal', 'The stored plan holds no instance for this step.');
  return input as unknown as InstanceInput;
}
