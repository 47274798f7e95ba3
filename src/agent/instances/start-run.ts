import { randomBytes } from 'node:crypto';
import type { RunHandle } from '../../runtimes/runtime.ts';
import { currentBootId } from '../../system/process-identity.ts';
import type { InstanceDeps } from './instance-deps.ts';
import type { InstanceRecord, InstanceRun } from './instance-record.ts';

/**
 * Starts the next run of an instance. `intend` is awaited before anything runs, so that a process whose start
 * was never recorded is found by its mark. Throws what keeps it from starting; nothing runs then.
 */
export async function startRun(
  deps: InstanceDeps,
  record: InstanceRecord,
  preferredPort: number | null,
  intend: (run: InstanceRun) => Promise<void>,
  signal: AbortSignal,
): Promise<{ readonly run: InstanceRun; readonly handle: RunHandle }> {
  signal.throwIfAborted();
  const port = deps.choosePort(record.spec, preferredPort);
  const prepared = await deps.prepare(record, port);
  const run: InstanceRun = {
    run: `run-${randomBytes(8).toString('hex')}`,
    port,
    startedAt: deps.clock.now(),
    bootId: currentBootId(),
    handle: null,
    ready: false,
  };
  await intend(run);
  await deps.failurePoint?.('agent.instance.intended');
  const { command, limits } = record.spec;
  const handle = await deps.runtime.start(
    { run: run.run, command, limits, keepExit: false, ...prepared },
    signal,
  );
  await deps.failurePoint?.('agent.instance.started');
  return { run, handle };
}
