import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Failure } from '../core/failure.ts';
import type { Clock } from '../core/units.ts';
import type { OperationEvent } from './events.ts';
import { type FailurePoints, noFailurePoints } from './failure-points.ts';
import { followOperation } from './follow.ts';
import { LeaseWatch } from './lease-watch.ts';
import type { OperationSummary } from './operation.ts';
import { callFinished } from './record-finished.ts';
import { Run, type RunDeps } from './run.ts';
import { runOperation } from './run-operation.ts';
import type { OperationKind, StepKind } from './step.ts';
import { cancelledBy, ShutdownReason, Suspended } from './stop-reasons.ts';
import type { Enqueued, Lease, LeaseOwner, NewOperation, OperationStore } from './storage.ts';

export interface EngineDeps {
  readonly store: OperationStore;
  readonly clock: Clock;
  /** This process. */
  readonly owner: LeaseOwner;
  readonly operationKinds: readonly OperationKind[];
  readonly stepKinds: readonly StepKind[];
  /** Hears of everything that is a bug and no failure; `operation` is null outside of any. */
  onBug(error: unknown, operation: string | null): void;
  readonly failurePoints?: FailurePoints;
  readonly settings?: Partial<EngineSettings>;
}

export interface EngineSettings {
  /** Environments worked on at a time. */
  readonly concurrency: number;
  /** A lease that a living process does not renew for this long may be taken from it. */
  readonly leaseMs: number;
  /** Pauses before what failed with a retryable failure is tried again; as many tries as there are pauses. */
  readonly retryDelaysMs: readonly number[];
  /** Pause before a journal that could not be written is tried again. */
  readonly journalRetryMs: number;
  /** How long `stop` waits for work that does not heed its signal. */
  readonly stopMs: number;
}

const defaults: EngineSettings = {
  concurrency: 8,
  leaseMs: 30_000,
  retryDelaysMs: [500, 2000, 5000],
  journalRetryMs: 2000,
  stopMs: 10_000,
};

interface ActiveRun {
  readonly run: Run;
  readonly ended: Promise<void>;
}

/**
 * Carries out operations: one at a time in an environment, the others queue in order. What it does next
 * always follows from the journal, so it may end at any instant and go on in another process.
 */
export class OperationsEngine {
  readonly #deps: EngineDeps;
  readonly #settings: EngineSettings;
  readonly #runDeps: RunDeps;
  readonly #points: FailurePoints;
  readonly #watch: LeaseWatch;
  readonly #active = new Map<string, ActiveRun>();
  readonly #hooks = new Set<Promise<void>>();
  #isStarted = false;
  #isStopping = false;
  #poll: NodeJS.Timeout | undefined;

  constructor(deps: EngineDeps) {
    this.#deps = deps;
    this.#settings = { ...defaults, ...deps.settings };
    this.#points = deps.failurePoints ?? noFailurePoints;
    this.#watch = new LeaseWatch(deps.clock, this.#settings.leaseMs);
    this.#runDeps = {
      store: deps.store,
      clock: deps.clock,
      operationKinds: new Map(deps.operationKinds.map((kind) => [kind.kind, kind])),
      stepKinds: new Map(deps.stepKinds.map((kind) => [kind.kind, kind])),
      failurePoints: this.#points,
      retryDelaysMs: this.#settings.retryDelaysMs,
      journalRetryMs: this.#settings.journalRetryMs,
      onBug: (error, operation) => deps.onBug(error, operation),
    };
  }

  /** Takes up what an earlier process left, then whatever is enqueued. */
  start(): void {
    this.#isStarted = true;
    for (const operation of this.#deps.store.queue.unrecorded()) this.#recordEnded(operation);
    this.#pump();
  }

  /**
   * Accepts an operation durably; resolves once it is. Throws `usage-invalid` for an unknown kind, `conflict`
   * when the idempotency key was used for something else.
   */
  async enqueue(operation: Omit<NewOperation, 'id'>): Promise<Enqueued> {
    if (!this.#runDeps.operationKinds.has(operation.kind)) {
      throw new Failure('usage-invalid', `There is no operation of the kind "${operation.kind}".`, {
        hint: `Known are: ${[...this.#runDeps.operationKinds.keys()].join(', ')}.`,
      });
    }
    const enqueued = this.#deps.store.queue.enqueue({ id: newOperationId(), ...operation });
    if (enqueued.created) await this.#points.reached('operation.accepted');
    this.#pump();
    return enqueued;
  }

  /**
   * Asks an operation to stop; what it did is taken back. Resolves when the wish is durable, not when it is
   * fulfilled. Throws `not-found`, or `conflict` when it is too late.
   */
  cancel(operation: string, by: string): OperationSummary {
    const answer = this.#deps.store.queue.requestCancel(operation, by);
    if (answer.state === 'finished') this.#recordEnded(operation);
    for (const { run } of this.#active.values()) {
      if (run.id === operation) run.cancel(cancelledBy(by));
    }
    return answer;
  }

  /** The events after `after`, then each new one, until it has finished or the signal aborts. Throws `not-found`. */
  follow(operation: string, after: number, signal: AbortSignal): AsyncIterable<OperationEvent> {
    return followOperation(this.#deps.store, operation, after, signal);
  }

  /** Resolves when nothing is being worked on. */
  async idle(): Promise<void> {
    while (this.#active.size > 0 || this.#hooks.size > 0) {
      await Promise.all([...[...this.#active.values()].map(({ ended }) => ended), ...this.#hooks]);
    }
  }

  /** Stops in the middle of whatever it does, within `stopMs`, and leaves it to be resumed. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#poll);
    for (const { run } of this.#active.values()) run.suspend(new ShutdownReason());
    const patience = new AbortController();
    await Promise.race([
      this.idle(),
      pause(this.#settings.stopMs, undefined, { signal: patience.signal }),
    ]).finally(() => patience.abort());
  }

  /** Takes up the oldest operation of every environment that is free, as far as there is room. */
  #pump(): void {
    if (!this.#isStarted || this.#isStopping) return;
    try {
      for (const { environment, operation } of this.#deps.store.queue.heads()) {
        if (this.#active.size >= this.#settings.concurrency) return;
        if (!this.#active.has(environment)) this.#takeUp(environment, operation);
      }
    } catch (error) {
      // Most likely the disk is full; what is queued waits.
      if (!(error instanceof Failure)) this.#deps.onBug(error, null);
      this.#pumpLater(this.#settings.journalRetryMs);
    }
  }

  #takeUp(environment: string, operation: string): void {
    const answer = this.#deps.store.leases.acquire(
      environment,
      operation,
      this.#deps.owner,
      this.#watch.expired(environment),
    );
    if (answer.kind === 'held') {
      this.#watch.saw(environment, answer.sight);
      this.#pumpLater(this.#settings.leaseMs / 4);
      return;
    }
    this.#watch.forget(environment);
    const record = this.#deps.store.queue.get(operation);
    if (record === undefined) throw new Error(`Operation ${operation} is queued and unknown`);
    const run = new Run(this.#runDeps, answer.lease, record.kind);
    const ended = this.#work(run).finally(() => {
      this.#active.delete(environment);
      this.#pump();
    });
    this.#active.set(environment, { run, ended });
  }

  async #work(run: Run): Promise<void> {
    const renewal = setInterval(() => this.#renew(run), this.#settings.leaseMs / 3);
    run.suspended.addEventListener('abort', () => clearInterval(renewal), { once: true });
    try {
      await this.#points.reached('lease.acquired');
      const operation = this.#deps.store.queue.get(run.id);
      if (operation !== undefined) await runOperation(run, operation);
    } catch (error) {
      if (!(error instanceof Suspended)) {
        this.#deps.onBug(error, run.id);
        // A bug that comes back at once must not become a busy loop.
        await run.pause(this.#settings.journalRetryMs, run.suspended);
      }
      this.#release(run.lease);
    } finally {
      clearInterval(renewal);
      run.close();
    }
  }

  #renew(run: Run): void {
    try {
      this.#deps.store.leases.renew(run.lease);
    } catch (error) {
      // Any other failure passes: every record is refused anyway once another worker has the lease.
      if (error instanceof Failure && error.code === 'lease-lost') run.suspend(error);
    }
  }

  #release(lease: Lease): void {
    try {
      this.#deps.store.leases.release(lease);
    } catch (error) {
      // It ends with this process, or when it is not renewed.
      if (!(error instanceof Failure)) this.#deps.onBug(error, lease.operation);
    }
  }

  /** Calls the hook of an operation that ended without a worker: it was cancelled in the queue. */
  #recordEnded(operation: string): void {
    const hook = callFinished(this.#runDeps, operation)
      .then(() => this.#deps.store.queue.markRecorded(operation))
      // It is called again at the next start.
      .catch((error: unknown) => this.#deps.onBug(error, operation))
      .finally(() => this.#hooks.delete(hook));
    this.#hooks.add(hook);
  }

  #pumpLater(ms: number): void {
    clearTimeout(this.#poll);
    this.#poll = setTimeout(() => this.#pump(), ms);
  }
}

/** Ten characters that are easily told apart: enough for a person to type a few of, and never met twice. */
function newOperationId(): string {
  const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
  return Array.from(randomBytes(10), (byte) => alphabet.charAt(byte % 32)).join('');
}
