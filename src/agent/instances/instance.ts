import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceStatus } from '../../api/agent.ts';
import { Failure } from '../../core/failure.ts';
import type { RunExit, RunHandle, RunObservation } from '../../runtimes/runtime.ts';
import { currentBootId } from '../../system/process-identity.ts';
import type { LogWriter } from '../logs/logs.ts';
import { wasTakenMeanwhile } from './choose-port.ts';
import { describeInstance } from './describe-instance.ts';
import { publicWarnings } from './explain-readiness.ts';
import type { InstanceDeps } from './instance-deps.ts';
import { describeExit, exitedEarly, nameOf, notHealthy } from './instance-failures.ts';
import type { InstanceRecord, InstanceRun } from './instance-record.ts';
import { LiveRun } from './live-run.ts';
import { planRestart, type RestartPlan } from './plan-restart.ts';
import { startRun } from './start-run.ts';
import { Verdict } from './verdict.ts';
import { watchReadiness } from './watch-readiness.ts';

const leftoverGraceMs = 2000;
const portClashTries = 5;
/** How long a stop waits for the routes to change before it goes on. */
const routesMs = 2000;

/** Keeps one instance running until it is told to stop. */
export class Instance {
  #record: InstanceRecord;
  readonly #deps: InstanceDeps;
  /** Aborts with the order to stop, or with the agent. */
  readonly #life = new AbortController();
  /** Ends with the agent only. */
  readonly #detach = new AbortController();
  readonly #verdict = new Verdict();
  #state: InstanceStatus['state'] = 'starting';
  #healthy: boolean | null = null;
  #live: LiveRun | undefined;
  #loop: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | undefined;
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

  /** The run that goes on at the moment. */
  get handle(): RunHandle | undefined {
    return this.#live?.handle;
  }

  get isStopping(): boolean {
    return this.#stopping !== undefined;
  }

  /** Whether requests may be sent to it. */
  get isReady(): boolean {
    return this.#record.desired === 'running' && this.#record.run?.ready === true && this.#live !== undefined;
  }

  /** First start. Throws what keeps it from starting, and then leaves nothing behind. */
  async begin(): Promise<void> {
    try {
      // Unlike later on, what cannot be remembered must not be begun.
      this.#loop = this.#supervise(await this.#startRun({ strict: true }));
    } catch (error) {
      await this.#deps.forget(this.spec.id);
      throw error;
    }
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
    if (handle === undefined) await this.#deps.runtime.remove(run.run);
    await this.#update({ run: handle === undefined ? null : { ...run, handle } });
    return handle;
  }

  async #supervise(first: RunHandle | undefined): Promise<void> {
    try {
      for (let handle = first; ; handle = undefined) {
        const plan = await this.#liveOnce(handle);
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
    const { ageMs } = live;
    const watch = (until: AbortSignal): Promise<void> => this.#watch(handle, ageMs, until);
    const exit = await live.untilExit(watch, this.#life.signal);
    this.#live = undefined;
    void this.#deps.changed();
    const graceMs = Math.min(this.spec.stop.graceMs, leftoverGraceMs);
    // What the main process left running must be gone before the next run wants its place.
    await live.end({ ...this.spec.stop, graceMs }, this.#detach.signal);
    return this.#noteEnd(exit, describeExit(exit), startedAt - ageMs, live.log);
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
        onHealth: (healthy) => (this.#healthy = healthy),
      },
      signal,
    );
  }

  #noteReady(observation: RunObservation): void {
    this.#warnings = publicWarnings(observation.listeners());
    const { run } = this.#record;
    // Not waited for: an agent that does not find it written asks the instance again.
    if (run !== null) void this.#update({ run: { ...run, ready: true }, everReady: true });
    this.#state = 'running';
    this.#healthy = this.spec.health === null ? null : true;
    this.#portClashes = 0;
    this.#verdict.settle(undefined);
    void this.#deps.changed();
  }

  #noteLate(problem: string): void {
    const timeoutMs = this.spec.health?.timeoutMs ?? 60_000;
    this.#healthy = false;
    this.#state = 'running';
    this.#verdict.settle(notHealthy(this.spec, problem, timeoutMs, this.#live?.log.tail(20) ?? []));
  }

  async #noteEnd(exit: RunExit, reason: string, startedAt: number, log?: LogWriter): Promise<RestartPlan> {
    const { run, failures, everReady } = this.#record;
    const uptimeMs = Math.max(0, this.#deps.clock.monotonic() - startedAt);
    const wasReady = run?.ready === true;
    this.#healthy = null;
    if (!wasReady && this.#lostPort(run?.port ?? null)) {
      await this.#update({ run: null });
      return { action: 'restart', state: 'backing-off', delayMs: 0, failures };
    }
    const { code } = exit;
    const plan = planRestart({ ...this.spec.restart, code, uptimeMs, wasReady, everReady, failures });
    await this.#update({
      run: null,
      failures: plan.action === 'restart' ? plan.failures : failures,
      lastExit: { code, signal: exit.signal, at: this.#deps.clock.now(), reason },
    });
    const next = plan.action === 'restart' ? `next start in ${plan.delayMs} ms` : 'it is not started again';
    this.#deps.log('an instance ended', { id: this.spec.id, reason, next });
    this.#verdict.settle(exitedEarly(this.spec, reason, uptimeMs, log?.tail(20) ?? []));
    return plan;
  }

  /** No fault of the application. */
  #lostPort(port: number | null): boolean {
    if (port === null || this.spec.port.mode !== 'auto') return false;
    if (this.#portClashes >= portClashTries || !wasTakenMeanwhile(port)) return false;
    this.#portClashes += 1;
    return true;
  }

  async #startRun(options?: { readonly strict: boolean }): Promise<RunHandle> {
    this.#state = 'starting';
    try {
      const intend = (run: InstanceRun): Promise<void> => this.#update({ run }, options);
      const started = await startRun(this.#deps, this.#record, this.#lastPort, intend, this.#life.signal);
      this.#lastPort = started.run.port;
      this.#attach(started.handle);
      await this.#update({ run: { ...started.run, handle: started.handle } });
      await this.#deps.failurePoint?.('agent.instance.recorded');
      return started.handle;
    } catch (error) {
      await this.#update({ run: null });
      throw error;
    }
  }

  #attach(handle: RunHandle): LiveRun {
    this.#live = new LiveRun(this.#deps.runtime, handle, this.#deps.openLog(this.#record));
    return this.#live;
  }

  /** Resolves when it is ready; throws why it is not once that is known. */
  awaitReady(signal: AbortSignal): Promise<void> {
    return this.#verdict.untilReady(() => this.isReady, signal);
  }

  /** Resolves when nothing of it is left. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#state = 'stopping';
    await this.#update({ desired: 'stopped' });
    await this.#deps.failurePoint?.('agent.instance.stop-intended');
    this.#verdict.settle(new Failure('not-found', `${nameOf(this.spec)} is being stopped.`));
    // Requests must not be sent to it any more when it hears the signal.
    await Promise.race([this.#deps.changed(), sleep(routesMs)]);
    this.#life.abort(new Error('the instance is being stopped'));
    await this.#loop;
    const { run } = this.#record;
    const handle = run?.handle ?? null;
    const live = this.#live ?? (handle === null ? undefined : this.#attach(handle));
    await live?.end(this.spec.stop, this.#detach.signal);
    this.#live = undefined;
    await this.#deps.failurePoint?.('agent.instance.stopped');
    if (run !== null) await this.#deps.runtime.remove(run.run);
    await this.#deps.forget(this.spec.id);
  }

  /** Lets go without touching what runs: the agent ends. */
  async detach(): Promise<void> {
    this.#life.abort();
    this.#detach.abort();
    await this.#loop;
    await this.#stopping?.catch(() => undefined);
    this.#live?.letGo();
    this.#live = undefined;
  }

  /** Everything known, with memory measured now. */
  async status(): Promise<InstanceStatus> {
    const live = this.#live;
    const observed = live && (await this.#deps.runtime.observe(live.handle, this.#detach.signal));
    return describeInstance({
      record: this.#record,
      state: this.#state,
      healthy: this.#healthy,
      // It may have ended while it was being observed.
      live:
        observed !== undefined && this.#live === live ? { pid: live?.handle.pid ?? null, observed } : null,
      warnings: this.#warnings,
    });
  }

  /** A disk that is full must not end the looking after: what could not be written is at worst found out again. */
  async #update(changes: Partial<InstanceRecord>, options?: { readonly strict: boolean }): Promise<void> {
    this.#record = { ...this.#record, ...changes };
    try {
      await this.#deps.save(this.#record);
    } catch (error) {
      if (options?.strict === true) throw error;
      this.#deps.log('the state of an instance could not be written', {
        id: this.spec.id,
        error: String(error),
      });
    }
  }
}
