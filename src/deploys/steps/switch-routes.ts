import type { RouteSpec } from '../../api/agent.ts';
import type { StepKind, WorkContext } from '../../operations/step.ts';
import type { DeployDeps } from '../records.ts';

type Input = {
  readonly host: string;
  readonly environment: string;
  readonly routes: readonly RouteSpec[];
  readonly previous: readonly RouteSpec[];
};

/** Replaces all routes of an environment on a host at once. A maintenance page that is up stays up. */
export function switchRoutes(deps: Pick<DeployDeps, 'hosts' | 'records'>): StepKind {
  const set = async (context: WorkContext, { host, environment }: Input, routes: readonly RouteSpec[]) => {
    const maintenance = deps.records.maintenance(environment);
    await deps.hosts
      .get(host)
      .call(
        'setRoutes',
        { fence: context.fence, environment, routes: routes.map((route) => ({ ...route, maintenance })) },
        context.signal,
      );
  };
  return {
    kind: 'routes.switch',
    async execute(context, input) {
      const wish = input as unknown as Input;
      await set(context, wish, wish.routes);
      return {};
    },
    async compensate(context, input) {
      const wish = input as unknown as Input;
      await set(context, wish, wish.previous);
    },
  };
}
