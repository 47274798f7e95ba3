import type { StepKind } from '../../operations/step.ts';
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

type RecordInput = { readonly environment: string; readonly data: 'keep' | 'destroy' | null };

export function recordRemoval(deps: Pick<DeployDeps, 'records'>): StepKind<RecordInput> {
  return {
    kind: 'environment.record',
    async execute(context, { environment, data }) {
      if (data === null) deps.records.recordDown(environment, context.operation.id);
      else deps.records.recordRemoved(environment, context.operation.id, data);
      return {};
    },
  };
}
