import type { InstanceStatus } from '../api/agent.ts';

/** Traffic of one release in a stretch of time. */
export interface TrafficWindow {
  readonly requests: number;
  readonly errors: number;
  readonly latencyBoundsMs: readonly number[];
  readonly latencyCounts: readonly number[];
}

export interface WatchLimits {
  readonly maxErrorRate: number;
  readonly maxLatencyFactor: number;
}

/** Below these counts a share or a percentile says nothing; the field calls it the low-volume guard. */
const fewestErrors = 3;
const fewestForLatency = 50;
/** Differences below this are noise of the machine, whatever the factor. */
const latencyFloorMs = 50;

/** Why the new release must not stay for its failed requests alone, or undefined. May be asked at any time. */
export function judgeErrors(
  fresh: TrafficWindow,
  old: TrafficWindow | null,
  limits: WatchLimits,
): string | undefined {
  const rate = share(fresh);
  const oldRate = old === null ? 0 : share(old);
  if (fresh.errors >= fewestErrors && rate > oldRate + limits.maxErrorRate)
    return `${percent(rate)} of ${fresh.requests} requests failed (old release ${percent(oldRate)}, allowed ${percent(limits.maxErrorRate)} more)`;
  return undefined;
}

/**
 * Why the new release must not stay, or undefined. Latency says something over a whole watch only: a process
 * answers its first few hundred requests slowly, whatever its release.
 */
export function judgeTraffic(
  fresh: TrafficWindow,
  old: TrafficWindow | null,
  limits: WatchLimits,
): string | undefined {
  const errors = judgeErrors(fresh, old, limits);
  if (errors !== undefined) return errors;
  if (old === null || fresh.requests < fewestForLatency || old.requests < fewestForLatency) return undefined;
  const p95 = percentile(fresh, 0.95);
  const oldP95 = percentile(old, 0.95);
  if (p95 > latencyFloorMs && p95 > oldP95 * limits.maxLatencyFactor)
    return `the 95th percentile of latency is ${p95} ms (old release ${oldP95} ms, allowed ${limits.maxLatencyFactor} times as much)`;
  return undefined;
}

/** Why an instance of the new release must not stay, or undefined. */
export function judgeInstance(
  status: InstanceStatus | undefined,
  restartsBefore: number,
): string | undefined {
  if (status === undefined) return 'it is gone';
  if (status.restarts > restartsBefore || status.state !== 'running')
    return status.lastExit === null ? `it is ${status.state}` : `it ${status.lastExit.reason}`;
  if (status.healthy === false) return 'it is not healthy any more';
  return undefined;
}

/** Counts between two readings of the same counters. */
export function windowBetween(before: TrafficWindow | undefined, after: TrafficWindow): TrafficWindow {
  if (before === undefined || before.requests > after.requests) return after;
  return {
    requests: after.requests - before.requests,
    errors: after.errors - before.errors,
    latencyBoundsMs: after.latencyBoundsMs,
    latencyCounts: after.latencyCounts.map((count, index) => count - (before.latencyCounts[index] ?? 0)),
  };
}

/** Upper bound of the bucket in which the quantile lies; the histogram gives no finer answer. */
function percentile(window: TrafficWindow, quantile: number): number {
  const total = window.latencyCounts.reduce((sum, count) => sum + count, 0);
  let seen = 0;
  for (const [index, count] of window.latencyCounts.entries()) {
    seen += count;
    if (seen >= total * quantile) return window.latencyBoundsMs[index] ?? Number.POSITIVE_INFINITY;
  }
  return 0;
}

function share(window: TrafficWindow): number {
  return window.requests === 0 ? 0 : window.errors / window.requests;
}

function percent(value: number): string {
  return `${(value * 100).toFixed(1)}%`;
}
