import type { InstanceSpec } from '../../api/agent.ts';
import { Failure } from '../../core/failure.ts';
import { formatDuration, millis } from '../../core/units.ts';
import type { RunExit } from '../../runtimes/runtime.ts';

type Named = Pick<InstanceSpec, 'environment' | 'service' | 'ordinal' | 'id'>;

const shownLines = 8;

/** `shop/production web.0` */
export function nameOf(spec: Named): string {
  return `${spec.environment} ${spec.service}.${spec.ordinal}`;
}

/** `exited with code 1`, `was killed: memory limit of 128 MiB reached` … */
export function describeExit(exit: RunExit): string {
  if (exit.limit !== null) return `was killed: ${exit.limit}`;
  if (exit.signal !== null) return `was ended by ${exit.signal}`;
  if (exit.code !== null) return `exited with code ${exit.code}`;
  return 'ended while no agent was watching';
}

export function exitedEarly(spec: Named, reason: string, uptimeMs: number, tail: readonly string[]): Failure {
  return new Failure(
    'instance-exited',
    `${nameOf(spec)} ${reason} ${formatDuration(millis(uptimeMs))} after its start, before it was healthy.${lastLines(tail)}`,
    {
      hint: `Its output: mainstay logs ${spec.environment} --instance ${spec.id}`,
      details: { instance: spec.id, reason, tail },
    },
  );
}

export function notHealthy(
  spec: Named,
  problem: string,
  timeoutMs: number,
  tail: readonly string[],
): Failure {
  return new Failure(
    'instance-unhealthy',
    `${nameOf(spec)} was not healthy after ${formatDuration(millis(timeoutMs))}: ${problem}.${lastLines(tail)}`,
    {
      hint: `Its output: mainstay logs ${spec.environment} --instance ${spec.id}`,
      details: { instance: spec.id, reason: problem, tail },
    },
  );
}

function lastLines(tail: readonly string[]): string {
  const lines = tail.slice(-shownLines);
  return lines.length === 0
    ? ' It printed nothing.'
    : ` Its last output:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
