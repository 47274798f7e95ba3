import assert from 'node:assert/strict';
import type { Role } from '../../harness/owned-processes.ts';
import type { Visit } from '../../harness/visitor.ts';

export interface Kill {
  readonly role: Role;
  /** By `performance.now()`. */
  readonly at: number;
}

/** Reading the list of processes and killing one of it takes a moment, in which a visit may begin. */
const slackMs = 30;

/**
 * Every visit was answered well by a version that may be seen. Only what an ingress or an application had in
 * hand when it was killed may be lost, and a connection is never refused.
 */
export function judgeVisits(
  visits: readonly Visit[],
  kills: readonly Kill[],
  allowed: ReadonlySet<string>,
): void {
  const fatal = kills.filter(({ role }) => role === 'ingress' || role === 'instance');
  const wrong = visits.filter(({ version, result, startedAt, endedAt }) => {
    if (version !== null) return !allowed.has(version);
    if (result === 'ECONNREFUSED') return true;
    return !fatal.some(({ at }) => startedAt <= at + slackMs && endedAt >= at - slackMs);
  });
  const list = wrong.slice(0, 10).map(({ version, result, startedAt, endedAt }) => {
    const first = kills[0]?.at ?? startedAt;
    return `  ${result} ${version ?? ''} began ${Math.round(startedAt - first)} ms after the first kill, took ${Math.round(endedAt - startedAt)} ms`;
  });
  const killed = kills.map(({ role }) => role).join(', ');
  assert.equal(
    wrong.length,
    0,
    `${wrong.length} of ${visits.length} visits went wrong (killed: ${killed || 'nothing'}; allowed: ${[...allowed].join(', ')}):\n${list.join('\n')}`,
  );
  assert.ok(visits.length > 0, 'nobody visited');
}
