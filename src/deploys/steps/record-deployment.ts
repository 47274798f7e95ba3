import type { Clock } from '../../core/units.ts';
import type { StepKind } from '../../operations/step.ts';
import type { DeployDeps, Deployment } from '../records.ts';

type Input = {
  readonly deployment: Omit<Deployment, 'startedAt' | 'operation'>;
  /** Names of the checks that passed before this step was reached. */
  readonly checks: readonly string[];
  readonly forced: string | null;
};

/** Makes the deployment the current one: from here on the outcome is certain. */
export function recordDeployment(deps: Pick<DeployDeps, 'records'>, clock: Clock): StepKind {
  return {
    kind: 'deployment.record',
    async execute(context, input) {
      const { deployment, checks, forced } = input as unknown as Input;
      deps.records.recordDeployment(
        { ...deployment, operation: context.operation.id, startedAt: clock.now() },
        checks,
        forced,
      );
      return {};
    },
  };
}

/** The checks of an environment were asked again, and all passed. */
export function recordChecks(deps: Pick<DeployDeps, 'records'>): StepKind<CheckedInput> {
  return {
    kind: 'checks.record',
    async execute(_context, { environment, release, passed }) {
      deps.records.recordChecks(environment, release, passed);
      return {};
    },
  };
}

type CheckedInput = {
  readonly environment: string;
  readonly release: string;
  readonly passed: readonly string[];
};
