import type { OperationKind, StepKind } from '../operations/step.ts';
import { json } from './deploy-wish.ts';
import { observeHosts } from './prepare-deploy.ts';
import type { DeployDeps } from './records.ts';
import { WaveBuilder } from './wave-builder.ts';

type Input = { readonly message: string | null };

/** Shows the maintenance page of an environment, or takes it away. What serves is not touched. */
export function maintenanceOperation(deps: DeployDeps): OperationKind<Input> {
  return {
    kind: 'maintenance',
    async prepare(context, { message }) {
      const { environment } = context.operation;
      const hosts = [...new Set(deps.records.current(environment)?.instances.map(({ host }) => host))];
      const before = deps.records.maintenance(environment)?.message ?? null;
      const waves = new WaveBuilder();
      waves.add({
        id: 'record',
        kind: 'maintenance.record',
        title: message === null ? 'Take the maintenance page away' : `Show a maintenance page: ${message}`,
        input: { environment, message, before },
      });
      waves.next();
      for (const { host, observation } of await observeHosts(deps, context, environment, hosts)) {
        const routes = observation.routes
          .filter((route) => route.environment === environment)
          .map(({ environment: _environment, ...route }) => route);
        waves.add({
          id: `routes ${host}`,
          kind: 'routes.switch',
          title: `Tell the ingress of ${host}`,
          input: json({ host, environment, routes, previous: routes }),
        });
      }
      return {
        summary: `${message === null ? 'End' : 'Begin'} maintenance of ${environment}`,
        steps: waves.steps,
        facts: { message },
      };
    },
  };
}

type RecordInput = {
  readonly environment: string;
  readonly message: string | null;
  readonly before: string | null;
};

/** Comes before the routes are set, which read it. */
export function recordMaintenance(deps: Pick<DeployDeps, 'records'>): StepKind<RecordInput> {
  return {
    kind: 'maintenance.record',
    async execute(context, { environment, message }) {
      deps.records.setMaintenance(environment, message, context.operation.id);
      return {};
    },
    async compensate(context, { environment, before }) {
      deps.records.setMaintenance(environment, before, context.operation.id);
    },
  };
}
