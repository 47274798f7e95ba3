import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceStatus } from '../../api/agent.ts';
import { Failure } from '../../core/failure.ts';
import type { Clock } from '../../core/units.ts';
import type { StepKind, WorkContext } from '../../operations/step.ts';
import {
  judgeErrors,
  judgeInstance,
  judgeTraffic,
  type TrafficWindow,
  windowBetween,
} from '../judge-watch.ts';
import type { DeployDeps } from '../records.ts';

type Input = {
  readonly environment: string;
  readonly durationMs: number;
  readonly maxErrorRate: number;
  readonly maxLatencyFactor: number;
  readonly release: string;
  readonly oldRelease: string | null;
  readonly instances: readonly { readonly id: string; readonly host: string }[];
};

const intervalMs = 250;

interface Reading {
  readonly traffic: ReadonlyMap<string, TrafficWindow>;
  readonly instances: ReadonlyMap<string, InstanceStatus>;
}

/**
 * After the switch: compares errors and latency of the new release with those of the old, and sees that its
 * instances stay up. Done again from the start after a crash of the control plane.
 */
export function watchDeploy(deps: Pick<DeployDeps, 'hosts'>, clock: Clock): StepKind {
  return {
    kind: 'deploy.watch',
    async execute(context, json) {
      const input = json as unknown as Input;
      const first = await read(deps, context, input);
      const end = clock.monotonic() + input.durationMs;
      let seen = empty;
      for (;;) {
        const now = await read(deps, context, input);
        const left = end - clock.monotonic();
        seen = judge(input, first, now, left <= 0 ? judgeTraffic : judgeErrors);
        if (left <= 0) break;
        await sleep(Math.min(intervalMs, left), undefined, { signal: context.signal });
      }
      context.emit({ type: 'note', text: `${seen.requests} requests, ${seen.errors} failed` });
      return { requests: seen.requests, errors: seen.errors };
    },
  };
}

const empty: TrafficWindow = { requests: 0, errors: 0, latencyBoundsMs: [], latencyCounts: [] };

/** Throws when the new release must not stay; else tells its traffic since the watch began. */
function judge(
  input: Input,
  first: Reading,
  now: Reading,
  judgeRequests: typeof judgeTraffic,
): TrafficWindow {
  for (const { id } of input.instances) {
    const reason = judgeInstance(now.instances.get(id), first.instances.get(id)?.restarts ?? 0);
    if (reason !== undefined) throw watchFailure(`instance ${id}: ${reason}`);
  }
  const fresh = windowBetween(first.traffic.get(input.release), now.traffic.get(input.release) ?? empty);
  const hasOld = input.oldRelease !== null && input.oldRelease !== input.release;
  const old = hasOld ? (now.traffic.get(input.oldRelease ?? '') ?? null) : null;
  const reason = judgeRequests(fresh, old, input);
  if (reason !== undefined) throw watchFailure(reason);
  return fresh;
}

function watchFailure(reason: string): Failure {
  return new Failure('watch-failed', `The new release did not hold in the watch period: ${reason}`, {
    hint: 'Requests go to the old release again. Look at `mainstay logs`.',
  });
}

async function read(deps: Pick<DeployDeps, 'hosts'>, context: WorkContext, input: Input): Promise<Reading> {
  const traffic = new Map<string, TrafficWindow>();
  const instances = new Map<string, InstanceStatus>();
  for (const name of new Set(input.instances.map(({ host }) => host))) {
    const host = deps.hosts.get(name);
    const { environment } = input;
    const [counts, observed] = await Promise.all([
      host.call('traffic', { environment }, context.signal),
      host.call('observe', { environment }, context.signal),
    ]);
    for (const entry of counts.traffic) traffic.set(entry.release, sum(traffic.get(entry.release), entry));
    for (const status of observed.instances) instances.set(status.id, status);
  }
  return { traffic, instances };
}

function sum(left: TrafficWindow | undefined, right: TrafficWindow): TrafficWindow {
  if (left === undefined) return right;
  return {
    requests: left.requests + right.requests,
    errors: left.errors + right.errors,
    latencyBoundsMs: right.latencyBoundsMs,
    latencyCounts: right.latencyCounts.map((count, index) => count + (left.latencyCounts[index] ?? 0)),
  };
}
