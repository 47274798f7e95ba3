import type { StepKind } from '../../operations/step.ts';
import type { PlannedJob } from '../plan-clean-up.ts';
import type { DeployDeps } from '../records.ts';

type Input = {
  readonly host: string;
  readonly environment: string;
  readonly revision: number;
  readonly jobs: readonly PlannedJob[];
};

/** Hands the schedule to the agent, which keeps it also while the control plane is down. */
export function setJobs(deps: DeployDeps): StepKind {
  return {
    kind: 'jobs.set',
    async execute(context, input) {
      const { host, environment, revision, jobs } = input as unknown as Input;
      const complete = jobs.map(({ secretNames, ...job }) => ({
        ...job,
        secrets: { ...deps.configuration.secrets(environment, revision, secretNames) },
      }));
      await deps.hosts
        .get(host)
        .call('setJobs', { fence: context.fence, environment, jobs: complete }, context.signal);
      return {};
    },
  };
}
