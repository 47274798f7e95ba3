import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceStatus } from '../../api/agent.ts';
import { Failure } from '../../core/failure.ts';
import type { Clock } from '../../core/units.ts';
import type {
  ExecSession,
  OutputReader,
  RunCommand,
  RunExit,
  RunHandle,
  RunObservation,
  Runtime,
} from '../../runtimes/runtime.ts';
import { findPortHolder } from '../../system/listening-ports.ts';
import { currentBootId } from '../../system/process-identity.ts';
import { ageOf, readProcessEntry } from '../../system/process-table.ts';
import type { AgentLog } from '../agent-deps.ts';
import type { LogWriter } from '../logs/logs.ts';
import { publicWarnings } from './explain-readiness.ts';
import { describeExit, exitedEarly, nameOf, notHealthy } from './instance-failures.ts';
import type { InstanceRecord, InstanceRun } from './instance-record.ts';
import { planRestart, type RestartPlan } from './plan-restart.ts';
import { watchReadiness } from './watch-readiness.ts';

export interface InstanceDeps {
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly log: AgentLog;
  save(record: InstanceRecord): Promise<void>;
  forget(id: string): Promise<void>;
  openLog(record: InstanceRecord): LogWriter;
  /** Everything for a start but the run itself. Throws what keeps it from starting. */
  prepare(
    record: InstanceRecord,
    port: number | null,
  ): Promise<{ directory: string; environment: Record<string, string> }>;
  /** Throws `port-taken` where no port can be had. `preferred` is that of the run before. */
  choosePort(spec: InstanceRecord['spec'], preferred: number | null): number | null;
  /** Called when it begins or ceases to be able to answer; resolves when no new request goes where it should not. */
  changed(): Promise<void>;
}

/** The present run, while it is watched. */
interface LiveRun {
  readonly handle: RunHandle;
  readonly log: LogWriter;
  readonly reader: OutputReader;
}

const detached = new Error('the agent lets go of the instance');
const leftoverGraceMs = 2000;
const portClashTries = 5;
/** How long a stop waits for the routes to change before it goes on. */
const routesMs = 2000;

/** Keeps one instance running until it is told to stop. */
export class Instance {
  #record: InstanceRecord;
  readonly #deps: InstanceDeps;
  /** Ends with the order to stop, or with the agent. */
  readonly #life = new AbortController();
  /** Ends with the agent only. */
  readonly #detach = new AbortController();
  #state: InstanceStatus['state'] = 'starting';
  #healthy: boolean | null = null;
  #live: LiveRun | undefined;
  #loop: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | undefined;
  /** Why it is not ready, while that is known. */
  #verdict: Failure | undefined;
  #waiters = new Set<() => void>();
  #warnings: readonly string[] = [];
  #portClashes = 0;
  #lastPort: number | null = null;

  constructor(record: InstanceRecord, deps: InstanceDeps) {
    this.#record = record;
    this.#deps = deps;
  }

  get spec(): InstanceRecord['spec'] {
    return this.#record.spec;
  }

  /** The port that is its own, listening or not. */
  get port(): number | null {
    return this.#record.run?.port ?? null;
  }

  /** Whether requests may be sent to it. */
  get isReady(): boolean {
    return this.#record.desired === 'running' && this.#record.run?.ready === true && this.#live !== undefined;
  }

  /** First start. Throws what keeps it from starting, and then leaves nothing behind. */
  async begin(): Promise<void> {
    await this.#deps.save(this.#record);
    let handle: RunHandle;
    try {
      handle = await this.#startRun();
    } catch (error) {
      await this.#deps.forget(this.spec.id);
      throw error;
    }
    this.#loop = this.#supervise(handle);
  }

  /** Takes up what an earlier agent left: adopts what runs, starts what should run, ends what should not. */
  async resume(): Promise<void> {
    const handle = await this.#findRun();
    if (handle !== undefined) this.#attach(handle);
    if (this.#record.desired === 'stopped') void this.stop().catch(() => undefined);
    else this.#loop = this.#supervise(handle);
  }

  async #findRun(): Promise<RunHandle | undefined> {
    const { run } = this.#record;
    if (run === null) return undefined;
    const handle =
      run.bootId === currentBootId()
        ? (run.handle ?? (await this.#deps.runtime.find(run.run, this.#life.signal)))
        : undefined;
    if (handle !== undefined) return handle;
    await this.#deps.runtime.remove(run.run);
    await this.#update({ run: null });
    return undefined;
  }

  async #supervise(first: RunHandle | undefined): Promise<void> {
    try {
      let handle = first;
      for (;;) {
        const plan = await this.#liveOnce(handle);
        handle = undefined;
        if (plan.action === 'stay-down') {
          this.#state = 'exited';
          return;
        }
        this.#state = plan.state;
        await sleep(plan.delayMs, undefined, { signal: this.#life.signal });
        await this.#update({ restarts: this.#record.restarts + 1 });
      }
    } catch (error) {
      if (!this.#life.signal.aborted) {
        this.#deps.log('the supervision of an instance failed', { id: this.spec.id, error: String(error) });
        this.#state = 'exited';
      }
    }
  }

  /** One run from its start, or from taking it up, to its end. */
  async #liveOnce(known: RunHandle | undefined): Promise<RestartPlan> {
    const startedAt = this.#deps.clock.monotonic();
    let handle: RunHandle;
    try {
      handle = known ?? (await this.#startRun());
    } catch (error) {
      this.#life.signal.throwIfAborted();
      const reason = error instanceof Failure ? error.message : `could not be started: ${String(error)}`;
      return this.#noteEnd({ code: null, signal: null, limit: null }, reason, startedAt);
    }
    const live = this.#live ?? this.#attach(handle);
    const ageMs = this.#ageOf(handle);
    const exit = await this.#untilExit(handle, ageMs);
    void this.#deps.changed();
    await this.#cleanUp(live);
    return this.#noteEnd(exit, describeExit(exit), startedAt - ageMs, live.log);
  }

  async #untilExit(handle: RunHandle, ageMs: number): Promise<RunExit> {
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.#life.signal]);
    const watching = this.#watch(handle, ageMs, signal).catch((error: unknown) => {
      if (!signal.aborted)
        this.#deps.log('watching an instance failed', { id: this.spec.id, error: String(error) });
    });
    try {
      const exit = await this.#deps.runtime.wait(handle, this.#life.signal);
      this.#live = undefined;
      return exit;
    } finally {
      over.abort();
      await watching;
    }
  }

  #watch(handle: RunHandle, ageMs: number, signal: AbortSignal): Promise<void> {
    const alreadyReady = this.#record.run?.ready === true;
    this.#state = alreadyReady ? 'running' : 'starting';
    return watchReadiness(
      {
        spec: this.spec,
        port: this.port,
        ageMs,
        alreadyReady,
        observe: () => this.#deps.runtime.observe(handle, signal),
        onReady: (observation) => this.#noteReady(observation),
        onLate: (problem) => this.#noteLate(problem),
        onHealth: (healthy) => {
          this.#healthy = healthy;
        },
      },
      signal,
    );
  }

  async #noteReady(observation: RunObservation): Promise<void> {
    this.#warnings = publicWarnings(observation.listeners);
    const { run } = this.#record;
    if (run !== null) await this.#update({ run: { ...run, ready: true }, everReady: true });
    this.#state = 'running';
    this.#healthy = this.spec.health === null ? null : true;
    this.#verdict = undefined;
    this.#portClashes = 0;
    void this.#deps.changed();
    this.#wake();
  }

  #noteLate(problem: string): void {
    const timeoutMs = this.spec.health?.timeoutMs ?? 60_000;
    this.#healthy = false;
    this.#state = 'running';
    this.#verdict = notHealthy(this.spec, problem, timeoutMs, this.#live?.log.tail(20) ?? []);
    this.#wake();
  }

  async #noteEnd(exit: RunExit, reason: string, startedAt: number, log?: LogWriter): Promise<RestartPlan> {
    const { run, failures, everReady } = this.#record;
    const uptimeMs = Math.max(0, this.#deps.clock.monotonic() - startedAt);
    const wasReady = run?.ready === true;
    this.#healthy = null;
    if (!wasReady && this.#lostPort(run)) {
      await this.#update({ run: null });
      return { action: 'restart', state: 'backing-off', delayMs: 0, failures };
    }
    const plan = planRestart({
      ...this.spec.restart,
      code: exit.code,
      uptimeMs,
      wasReady,
      everReady,
      failures,
    });
    await this.#update({
      run: null,
      failures: plan.action === 'restart' ? plan.failures : failures,
      lastExit: { code: exit.code, signal: exit.signal, at: this.#deps.clock.now(), reason },
    });
    this.#verdict = exitedEarly(this.spec, reason, uptimeMs, log?.tail(20) ?? []);
    const next = plan.action === 'restart' ? `next start in ${plan.delayMs} ms` : 'it is not started again';
    this.#deps.log('an instance ended', { id: this.spec.id, reason, next });
    this.#wake();
    return plan;
  }

  /** Somebody else took the chosen port between the choice and the listening: no fault of the application. */
  #lostPort(run: InstanceRun | null): boolean {
    if (run === null || run.port === null || this.spec.port.mode !== 'auto') return false;
    if (this.#portClashes >= portClashTries || findPortHolder(run.port) === undefined) return false;
    this.#portClashes += 1;
    return true;
  }

  async #startRun(): Promise<RunHandle> {
    const { signal } = this.#life;
    signal.throwIfAborted();
    this.#state = 'starting';
    const port = this.#deps.choosePort(this.spec, this.#lastPort);
    this.#lastPort = port;
    const prepared = await this.#deps.prepare(this.#record, port);
    const run: InstanceRun = {
      run: `run-${randomBytes(8).toString('hex')}`,
      port,
      startedAt: this.#deps.clock.now(),
      bootId: currentBootId(),
      handle: null,
      ready: false,
    };
    // Before the start, so that a process which started unrecorded is found by its mark.
    await this.#update({ run });
    try {
      const { command, limits } = this.spec;
      const handle = await this.#deps.runtime.start(
        { run: run.run, command, limits, keepExit: false, ...prepared },
        signal,
      );
      this.#attach(handle);
      await this.#update({ run: { ...run, handle } });
      return handle;
    } catch (error) {
      await this.#update({ run: null });
      throw error;
    }
  }

  #attach(handle: RunHandle): LiveRun {
    const log = this.#deps.openLog(this.#record);
    const reader = this.#deps.runtime.read(handle, (stream, data) => log.write(stream, data));
    this.#live = { handle, log, reader };
    return this.#live;
  }

  /** Ends what the main process left running and takes the rest of its output. */
  async #cleanUp(live: LiveRun): Promise<void> {
    const { signal, graceMs } = this.spec.stop;
    const how = { signal, graceMs: Math.min(graceMs, leftoverGraceMs) };
    try {
      await this.#deps.runtime.stop(live.handle, how, this.#detach.signal);
      live.reader.finish();
    } finally {
      live.reader.close();
      live.log.end();
    }
    await this.#deps.runtime.remove(live.handle.run);
  }

  #ageOf(handle: RunHandle): number {
    const entry = handle.pid === null ? undefined : readProcessEntry(handle.pid);
    return entry === undefined ? 0 : ageOf(entry);
  }

  /** Resolves when it is ready; throws why it is not once that is known. */
  async awaitReady(signal: AbortSignal): Promise<void> {
    while (!this.isReady) {
      if (this.#stopping !== undefined)
        throw new Failure('not-found', `${nameOf(this.spec)} is being stopped.`);
      if (this.#verdict !== undefined) throw this.#verdict;
      await this.#nextChange(signal);
    }
  }

  async #nextChange(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = (): void => reject(signal.reason as Error);
    this.#waiters.add(resolve);
    signal.addEventListener('abort', abort, { once: true });
    try {
      await promise;
    } finally {
      this.#waiters.delete(resolve);
      signal.removeEventListener('abort', abort);
    }
  }

  #wake(): void {
    for (const resolve of this.#waiters) resolve();
  }

  /** Resolves when nothing of it is left. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#state = 'stopping';
    await this.#update({ desired: 'stopped' });
    this.#wake();
    // Requests must not be sent to it any more when it hears the signal.
    await Promise.race([this.#deps.changed(), sleep(routesMs)]);
    this.#life.abort(new Error('the instance is being stopped'));
    await this.#loop;
    const { run } = this.#record;
    const handle = this.#live?.handle ?? run?.handle ?? undefined;
    if (handle !== undefined) {
      const live = this.#live ?? this.#attach(handle);
      await this.#deps.runtime.stop(handle, this.spec.stop, this.#detach.signal);
      live.reader.finish();
      live.log.end();
    }
    this.#live = undefined;
    if (run !== null) await this.#deps.runtime.remove(run.run);
    await this.#deps.forget(this.spec.id);
  }

  /** Lets go without touching what runs: the agent ends. */
  async detach(): Promise<void> {
    this.#life.abort(detached);
    this.#detach.abort(detached);
    await this.#loop;
    await this.#stopping?.catch(() => undefined);
    this.#live?.reader.close();
    this.#live?.log.end();
    this.#live = undefined;
  }

  /** Runs a command beside it. Throws `conflict` when it does not run. */
  async exec(command: RunCommand, signal: AbortSignal): Promise<ExecSession> {
    const handle = this.#live?.handle;
    if (handle === undefined) {
      throw new Failure('conflict', `${nameOf(this.spec)} does not run, so nothing can be run beside it.`);
    }
    const prepared = await this.#deps.prepare(this.#record, this.port);
    return this.#deps.runtime.exec(handle, { command, ...prepared }, signal);
  }

  /** Everything known, with memory measured now. */
  async status(): Promise<InstanceStatus> {
    const { spec, run, restarts, lastExit } = this.#record;
    const handle = this.#live?.handle;
    const observed =
      handle === undefined ? undefined : await this.#deps.runtime.observe(handle, this.#detach.signal);
    const alive = observed !== undefined && this.#live !== undefined;
    const limited = spec.limits.memoryBytes === null ? 'none' : 'measured';
    return {
      id: spec.id,
      environment: spec.environment,
      service: spec.service,
      release: spec.release,
      ordinal: spec.ordinal,
      state: this.#state,
      healthy: this.#healthy,
      pid: alive ? (handle?.pid ?? null) : null,
      port: run?.port ?? null,
      startedAt: alive ? (run?.startedAt ?? null) : null,
      restarts,
      memoryBytes: observed?.memoryBytes ?? null,
      memoryLimit: observed?.memoryLimit ?? limited,
      lastExit,
      warnings: [...this.#warnings, ...(observed?.warnings ?? [])],
    };
  }

  #update(changes: Partial<InstanceRecord>): Promise<void> {
    this.#record = { ...this.#record, ...changes };
    return this.#deps.save(this.#record);
  }
}
