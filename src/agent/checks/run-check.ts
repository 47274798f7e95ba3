import type { CheckRequest, CheckResult } from '../../api/agent.ts';
import { Failure } from '../../core/failure.ts';
import type { IngressKeeper } from '../ingress/ingress-keeper.ts';
import type { Instances } from '../instances/instances.ts';
import type { Tasks } from '../tasks/tasks.ts';
import { type CheckOutcome, type CheckTarget, httpCheck } from './http-check.ts';

interface Deps {
  readonly instances: Instances;
  readonly tasks: Tasks;
  readonly keeper: IngressKeeper;
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
  if (request.http !== null) return httpCheck(target, request.http, request.timeoutMs, signal);
  if (request.command !== null) return commandCheck(deps, request.command, target, request, signal);
  throw new Failure(
    'usage-invalid',
    `The check ${request.name} asks nothing: it has neither http nor command.`,
  );
}

async function findTarget(deps: Deps, { target }: CheckRequest): Promise<CheckTarget | undefined> {
  if (target.kind === 'instance') {
    const { port } = deps.instances.get(target.instance);
    return port === null
      ? undefined
      : { address: '127.0.0.1', port, host: target.host ?? `127.0.0.1:${port}`, tls: false };
  }
  const facts = await deps.keeper.facts();
  if (facts === null) return undefined;
  const port = target.tls ? facts.httpsPort : facts.httpPort;
  const address = facts.address === '0.0.0.0' || facts.address === '::' ? '127.0.0.1' : facts.address;
  const usual = port === (target.tls ? 443 : 80);
  return { address, port, host: usual ? target.host : `${target.host}:${port}`, tls: target.tls };
}

async function commandCheck(
  { tasks }: Deps,
  command: NonNullable<CheckRequest['command']>,
  target: CheckTarget,
  { timeoutMs, target: { kind } }: CheckRequest,
  signal: AbortSignal,
): Promise<CheckOutcome> {
  // A command reaches an instance by its address; its name leads to the ingress, and to what serves now.
  const place = kind === 'instance' ? `${target.address}:${target.port}` : target.host;
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
