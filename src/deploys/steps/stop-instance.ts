import type { StepKind } from '../../operations/step.ts';
import type { DeployDeps } from '../records.ts';

type Input = {
  readonly host: string;
  readonly environment: string;
  readonly instance: string;
  readonly drainMs: number;
};
type Output = { readonly drained: boolean; readonly requestsCut: number; readonly webSocketsCut: number };

/** Lets an instance finish what it has in hand, then stops it. Stopping one that is gone changes nothing. */
export function stopInstance(deps: Pick<DeployDeps, 'hosts'>): StepKind<Input, Output> {
  return {
    kind: 'instance.stop',
    async execute(context, { host: name, environment, instance, drainMs }) {
      const host = deps.hosts.get(name);
      const drained = await host.call('drain', { instances: [instance], timeoutMs: drainMs }, context.signal);
      if (!drained.drained)
        context.emit({
          type: 'note',
          text: `after ${drainMs / 1000} s it still had ${drained.requests} requests and ${drained.webSockets} WebSockets, which were cut`,
        });
      await host.call('stopInstance', { fence: context.fence, environment, instance }, context.signal);
      return { drained: drained.drained, requestsCut: drained.requests, webSocketsCut: drained.webSockets };
    },
  };
}
