import { constants } from 'node:os';
import type { TaskStatus } from '../../api/agent.ts';
import { type Clock, formatDuration, millis } from '../../core/units.ts';
import type { OutputReader, RunExit, RunHandle, Runtime } from '../../runtimes/runtime.ts';
import { currentBootId } from '../../system/process-identity.ts';
import { ageOf, readProcessEntry } from '../../system/process-table.ts';
import type { AgentLog, AgentPointListener } from '../agent-deps.ts';
import type { LogWriter } from '../logs/logs.ts';
import type { TaskRecord } from './task-record.ts';

export interface TaskDeps {
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly log: AgentLog;
  readonly failurePoint?: AgentPointListener | undefined;
  save(record: TaskRecord): Promise<void>;
  forget(): Promise<void>;
  openLog(record: TaskRecord): LogWriter;
  /** Lines that were logged before this life of the agent. */
  earlierLines(record: TaskRecord): Promise<string[]>;
  prepare(record: TaskRecord): Promise<{ directory: string; environment: Record<string, string> }>;
}

const graceMs = 10_000;
const tailLines = 40;

/** One task: started once, watched to its end, its end remembered. */
export class Task {
  #record: TaskRecord;
  readonly #deps: TaskDeps;
  readonly #detach = new AbortController();
  #log: LogWriter | undefined;
  #reader: OutputReader | undefined;
  #earlier: readonly string[] = [];
  #end: Promise<void> = Promise.resolve();
  /** Why it was stopped before its own end. */
  #stopped: string | undefined;
  #stopping: Promise<unknown> | undefined;

  constructor(record: TaskRecord, deps: TaskDeps) {
    this.#record = record;
    this.#deps = deps;
  }

  get environment(): string {
    return this.#record.spec.environment;
  }

  get release(): string | null {
    return this.#record.spec.release;
  }

  get isRunning(): boolean {
    return this.#record.finished === null;
  }

  /** Throws what keeps it from starting; it then counts as never asked for. */
  async begin(): Promise<void> {
    await this.#deps.save(this.#record);
    await this.#deps.failurePoint?.('agent.task.intended');
    await this.#start();
  }

  async #start(): Promise<void> {
    try {
      const prepared = await this.#deps.prepare(this.#record);
      const { command, limits } = this.#record.spec;
      const { run } = this.#record.run;
      const handle = await this.#deps.runtime.start(
        { run, command, limits, keepExit: true, ...prepared },
        this.#detach.signal,
      );
      await this.#deps.failurePoint?.('agent.task.started');
      this.#watch(handle);
      await this.#update({ run: { ...this.#record.run, handle } });
    } catch (error) {
      this.#detach.abort(error);
      await this.#deps.forget();
      throw error;
    }
  }

  /** Goes on with a task that an earlier agent started, or would have started. */
  async resume(): Promise<void> {
    const { finished, run } = this.#record;
    if (finished !== null) return;
    this.#earlier = await this.#deps.earlierLines(this.#record);
    const handle = run.handle ?? (await this.#deps.runtime.find(run.run, this.#detach.signal));
    if (handle !== undefined && run.bootId === currentBootId()) this.#watch(handle);
    else if (handle === undefined && run.bootId === currentBootId()) await this.#startLate();
    else await this.#noteLost(handle);
  }

  /** It never ran, so running it now keeps the promise that it runs at most once. */
  async #startLate(): Promise<void> {
    await this.#start().catch((error: unknown) =>
      this.#deps.log('a task could not be started', { id: this.#record.spec.id, error: String(error) }),
    );
  }

  /** The machine went down under it. If it told its exit before, that counts. */
  async #noteLost(handle: RunHandle | undefined): Promise<void> {
    const exit =
      handle === undefined ? undefined : await this.#deps.runtime.wait(handle, this.#detach.signal);
    const code = exit?.code ?? null;
    await this.#finish(code, code === 0 ? null : 'the host was restarted while it ran');
  }

  #watch(handle: RunHandle): void {
    this.#log = this.#deps.openLog(this.#record);
    const log = this.#log;
    this.#reader = this.#deps.runtime.read(handle, (stream, data) => log.write(stream, data));
    const entry = handle.pid === null ? undefined : readProcessEntry(handle.pid);
    const ageMs = entry === undefined ? 0 : ageOf(entry);
    const { timeoutMs } = this.#record.spec;
    const timer = setTimeout(
      () => {
        void this.#stop(handle, `it took longer than ${formatDuration(millis(timeoutMs))}`);
      },
      Math.max(0, timeoutMs - ageMs),
    ).unref();
    this.#end = this.#untilEnd(handle)
      .catch((error: unknown) => {
        if (this.#detach.signal.aborted) return;
        this.#deps.log('watching a task failed', { id: this.#record.spec.id, error: String(error) });
      })
      .finally(() => clearTimeout(timer));
  }

  async #untilEnd(handle: RunHandle): Promise<void> {
    const { signal } = this.#detach;
    const exit = await this.#deps.runtime.wait(handle, signal);
    await this.#deps.failurePoint?.('agent.task.ended');
    await this.#stopping;
    // What a task leaves running in the background does not outlive it.
    await this.#deps.runtime.stop(handle, { signal: 'SIGTERM', graceMs: 1000 }, signal);
    this.#reader?.finish();
    this.#log?.end();
    const reason = this.#stopped ?? describe(exit);
    await this.#finish(this.#stopped === undefined ? exit.code : (exit.code ?? null), reason);
  }

  async #finish(exitCode: number | null, reason: string | null): Promise<void> {
    await this.#update({ finished: { exitCode, reason, at: this.#deps.clock.now(), tail: this.#tail() } });
    await this.#deps.runtime.remove(this.#record.run.run);
  }

  /** Ends it if it runs; resolves when nothing of it is left. */
  async stop(reason: string): Promise<void> {
    const { handle } = this.#record.run;
    if (this.isRunning && handle !== null) await this.#stop(handle, reason);
    await this.#end;
  }

  async #stop(handle: RunHandle, reason: string): Promise<void> {
    this.#stopped ??= reason;
    this.#stopping ??= this.#deps.runtime
      .stop(handle, { signal: 'SIGTERM', graceMs }, this.#detach.signal)
      .catch(() => undefined);
    await this.#stopping;
  }

  /** Waits for its end, at most so long. */
  async wait(waitMs: number, signal: AbortSignal): Promise<void> {
    const bound = AbortSignal.any([signal, AbortSignal.timeout(Math.min(waitMs, 2_147_483_647))]);
    await Promise.race([
      this.#end,
      new Promise<void>((resolve) => {
        if (bound.aborted) resolve();
        bound.addEventListener('abort', () => resolve(), { once: true });
      }),
    ]);
  }

  status(): TaskStatus {
    const { spec, startedAt, finished } = this.#record;
    const succeeded = finished !== null && finished.exitCode === 0 && finished.reason === null;
    return {
      id: spec.id,
      state: finished === null ? 'running' : succeeded ? 'succeeded' : 'failed',
      exitCode: finished?.exitCode ?? null,
      reason: finished?.reason ?? null,
      startedAt,
      finishedAt: finished?.at ?? null,
      tail: finished?.tail ?? this.#tail(),
    };
  }

  #tail(): string[] {
    return [...this.#earlier, ...(this.#log?.tail(tailLines) ?? [])].slice(-tailLines);
  }

  /** Lets go without touching what runs. */
  async detach(): Promise<void> {
    this.#detach.abort(new Error('the agent lets go of the task'));
    await this.#end;
    if (!this.isRunning) return;
    this.#reader?.close();
    this.#log?.end();
  }

  #update(changes: Partial<TaskRecord>): Promise<void> {
    this.#record = { ...this.#record, ...changes };
    return this.#deps.save(this.#record);
  }
}

/** Null for success. A shell tells an end by signal N as code 128 + N. */
function describe(exit: RunExit): string | null {
  if (exit.limit !== null) return `killed: ${exit.limit}`;
  if (exit.signal !== null) return `ended by ${exit.signal}`;
  if (exit.code === null) return 'ended without telling its exit code';
  if (exit.code === 0) return null;
  const number = exit.code - 128;
  const signal = Object.entries(constants.signals).find(([, candidate]) => candidate === number)?.[0];
  return signal === undefined ? `exited with code ${exit.code}` : `ended by ${signal} (code ${exit.code})`;
}
