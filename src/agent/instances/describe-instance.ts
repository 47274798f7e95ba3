import type { InstanceStatus } from '../../api/agent.ts';
import type { RunObservation } from '../../runtimes/runtime.ts';
import type { InstanceRecord } from './instance-record.ts';

export interface InstanceNow {
  readonly record: InstanceRecord;
  readonly state: InstanceStatus['state'];
  readonly healthy: boolean | null;
  /** Null while nothing of it runs. */
  readonly live: { readonly pid: number | null; readonly observed: RunObservation } | null;
  readonly warnings: readonly string[];
}

/** The status of an instance as callers see it. */
export function describeInstance({ record, state, healthy, live, warnings }: InstanceNow): InstanceStatus {
  const { spec, run, restarts, lastExit } = record;
  return {
    id: spec.id,
    environment: spec.environment,
    service: spec.service,
    release: spec.release,
    ordinal: spec.ordinal,
    state,
    healthy,
    pid: live?.pid ?? null,
    port: run?.port ?? null,
    startedAt: live === null ? null : (run?.startedAt ?? null),
    restarts,
    memoryBytes: live?.observed.memoryBytes ?? null,
    memoryLimit: live?.observed.memoryLimit ?? (spec.limits.memoryBytes === null ? 'none' : 'measured'),
    lastExit,
    warnings: [...warnings, ...(live?.observed.warnings ?? [])],
  };
}
