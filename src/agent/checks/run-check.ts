import type { CheckRequest, CheckResult } from '../../api/agent.ts';
import { Failure } from '../../core/failure.ts';
import type { Tasks } from '../tasks/tasks.ts';
import { type FoundTarget, findTarget, type TargetDeps } from './find-target.ts';
import { type CheckOutcome, httpCheck } from './http-check.ts';

interface Deps extends TargetDeps {
  readonly tasks: Tasks;
}

/** Asks one question of an instance, or of the environment as the public sees it. */
export async function runCheck(deps: Deps, request: CheckRequest, signal: AbortSignal): Promise<CheckResult> {
  const startedAt = performance.now();
  const outcome = await judge(deps, request, signal);
  return { name: request.name, ...outcome, durationMs: performance.now() - startedAt };
}

async function judge(deps: Deps, request: CheckRequest, signal: AbortSignal): Promise<CheckOutcome> {
  const target = await findTarget(deps, request);
  if (target === undefined) return { passed: false, reason: 'there is nothing that listens to ask' };
  const outcome = await ask(deps, request, target, signal);
  return target.hidden ? { ...outcome, reason: `${outcome.reason} behind the maintenance page` } : outcome;
}

async function ask(
  deps: Deps,
  request: CheckRequest,
  target: FoundTarget,
  signal: AbortSignal,
): Promise<CheckOutcome> {
  if (request.http !== null) return httpCheck(target, request.http, request.timeoutMs, signal);
  if (request.command !== null) return commandCheck(deps, request.command, target, request, signal);
  throw new Failure(
    'usage-invalid',
    `The check ${request.name} asks nothing: it has neither http nor command.`,
  );
}

async function commandCheck(
  { tasks }: Deps,
  command: NonNullable<CheckRequest['command']>,
  target: FoundTarget,
  { timeoutMs, target: { kind } }: CheckRequest,
  signal: AbortSignal,
): Promise<CheckOutcome> {
  // A command reaches an instance by its address; its name leads to the ingress, and to what serves now.
  const place = kind === 'instance' || target.hidden ? `${target.address}:${target.port}` : target.host;
  const url = `${target.tls ? 'https' : 'http'}://${place}`;
  await tasks.start({ ...command, variables: { ...command.variables, MAINSTAY_URL: url } });
  let status = await tasks.wait(command.id, timeoutMs, signal);
  signal.throwIfAborted();
  if (status.state === 'running')
    status = await tasks.stop(command.id, `it took longer than ${timeoutMs / 1000} s`);
  if (status.state === 'succeeded') return { passed: true, reason: 'exited with code 0' };
  const last = status.tail.at(-1);
  return { passed: false, reason: `${status.reason ?? 'failed'}${last === undefined ? '' : `: ${last}`}` };
}
