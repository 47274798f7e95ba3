import type { CheckResult } from '../../api/agent.ts';
import { Failure } from '../../core/failure.ts';
import type { Json } from '../../core/json.ts';
import type { StepKind, WorkContext } from '../../operations/step.ts';
import type { PlannedCheck } from '../planned-checks.ts';
import type { DeployDeps } from '../records.ts';

/** Asks one question of one target; a negative answer fails the step with the reason. */
export function runCheck(deps: DeployDeps): StepKind {
  return {
    kind: 'check.run',
    async execute(context, input) {
      const check = input as unknown as PlannedCheck;
      const result = await askOnce(deps, context, check);
      if (!result.passed)
        throw new Failure(
          'check-failed',
          `Check ${check.name} of ${check.environment} failed: ${result.reason}`,
          {
            details: { check: check.name, reason: result.reason },
          },
        );
      context.emit({ type: 'note', text: result.reason });
      return { ...result } satisfies Record<string, Json>;
    },
  };
}

async function askOnce(deps: DeployDeps, context: WorkContext, check: PlannedCheck): Promise<CheckResult> {
  const { host, command, ...request } = check;
  return deps.hosts
    .get(host)
    .call(
      'runCheck',
      { ...request, command: command === null ? null : withSecrets(deps, command) },
      context.signal,
    );
}

function withSecrets(deps: DeployDeps, task: NonNullable<PlannedCheck['command']>) {
  const { host: _host, secretNames, revision, ...spec } = task;
  return { ...spec, secrets: { ...deps.configuration.secrets(spec.environment, revision, secretNames) } };
}
