import { Failure } from '../../core/failure.ts';
import type { Json } from '../../core/json.ts';
import type { StepKind, WorkContext } from '../../operations/step.ts';
import type { PlannedTask } from '../planned-instances.ts';
import type { DeployDeps } from '../records.ts';

const pollMs = 10_000;

/**
 * Runs a command once. The agent runs a task of one id at most once and remembers how it ended, so doing the
 * step again after a crash asks instead of running twice. A cancel stops the command.
 */
export function runTask(deps: DeployDeps): StepKind {
  return {
    kind: 'task.run',
    compensateWhen: 'unfinished',
    async execute(context, input) {
      const task = input as unknown as PlannedTask;
      const tail = await runToEnd(deps, context, task);
      for (const text of tail) context.emit({ type: 'output', text });
      return {};
    },
    async compensate(context, input) {
      const task = input as unknown as PlannedTask;
      await deps.hosts.get(task.host).call('stopTask', { task: task.id }, context.signal);
    },
  };
}

async function runToEnd(
  deps: DeployDeps,
  context: WorkContext,
  task: PlannedTask,
): Promise<readonly string[]> {
  const { host: hostName, secretNames, revision, ...spec } = task;
  const host = deps.hosts.get(hostName);
  const secrets = { ...deps.configuration.secrets(spec.environment, revision, secretNames) };
  let status = await host.call(
    'startTask',
    { fence: context.fence, spec: { ...spec, secrets } },
    context.signal,
  );
  while (status.state === 'running')
    status = await host.call('awaitTask', { task: spec.id, waitMs: pollMs }, context.signal);
  if (status.state === 'succeeded') return status.tail;
  for (const text of status.tail) context.emit({ type: 'output', text });
  throw new Failure(
    'command-failed',
    `${spec.title} failed: ${commandLine(spec.command)} ${status.reason ?? 'ended'}`,
    {
      hint: 'Its last lines stand above. Nothing that serves was changed by this step.',
      details: { exitCode: status.exitCode, tail: status.tail } satisfies Record<string, Json>,
    },
  );
}

function commandLine(command: PlannedTask['command']): string {
  return command.kind === 'argv' ? command.argv.join(' ') : command.line;
}
