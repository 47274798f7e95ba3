import { Failure } from '../../core/failure.ts';
import type { StepKind, WorkContext } from '../../operations/step.ts';
import type { DeployDeps } from '../records.ts';

type Input = { readonly host: string; readonly environment: string; readonly data: 'keep' | 'destroy' };

/** Takes an environment off a host. Says where its data lies, or how much of it was destroyed. */
export function removeEnvironment(deps: Pick<DeployDeps, 'hosts'>): StepKind<Input> {
  return {
    kind: 'environment.remove',
    async execute(context, { host, environment, data }) {
      const removed = await deps.hosts
        .get(host)
        .call('removeEnvironment', { fence: context.fence, environment, data }, context.signal);
      context.emit({
        type: 'note',
        text:
          data === 'keep'
            ? `data stays in ${removed.dataDirectory}`
            : `${removed.bytes} bytes of data destroyed`,
      });
      return { dataDirectory: removed.dataDirectory, bytes: removed.bytes };
    },
  };
}

type RecordInput = {
  readonly environment: string;
  readonly data: 'keep' | 'destroy' | null;
  readonly hosts: readonly string[];
};

/** Records what every host confirms, and nothing that was only asked for. */
export function recordRemoval(deps: Pick<DeployDeps, 'hosts' | 'records'>): StepKind<RecordInput> {
  return {
    kind: 'environment.record',
    async execute(context, { environment, data, hosts }) {
      for (const host of hosts) await requireGone(deps, context, host, environment);
      if (data === null) deps.records.recordDown(environment, context.operation.id);
      else deps.records.recordRemoved(environment, context.operation.id, data);
      return {};
    },
  };
}

/** A host forgets an environment, its data included, as the last act of removing it. */
async function requireGone(
  deps: Pick<DeployDeps, 'hosts'>,
  context: WorkContext,
  host: string,
  environment: string,
): Promise<void> {
  const seen = await deps.hosts.get(host).call('observe', { environment }, context.signal);
  const left = [
    ...seen.instances.map(({ id }) => `instance ${id}`),
    ...seen.jobs.map(({ name }) => `job ${name}`),
    ...seen.data.map(({ name, directory }) => `data ${name} in ${directory}`),
  ];
  if (left.length === 0) return;
  throw new Failure('conflict', `${environment} is not gone from ${host}: ${left.join(', ')}.`, {
    hint: 'The step that should have removed it says why. Put that right, then do it again.',
    details: { host, environment, left },
  });
}
