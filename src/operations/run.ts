import { setTimeout } from 'node:timers/promises';
import { Failure, type FailureDocument, toFailureDocument } from '../core/failure.ts';
import type { Clock } from '../core/units.ts';
import { type FailurePoints, type OperationPoint, type StepPoint, stepPointName } from './failure-points.ts';
import { ProgressBuffer } from './progress-buffer.ts';
import type { OperationKind, StepKind, WorkContext } from './step.ts';
import { Suspended } from './stop-reasons.ts';
import type { Lease, OperationStore } from './storage.ts';

export interface RunDeps {
  readonly store: OperationStore;
  readonly clock: Clock;
  readonly operationKinds: ReadonlyMap<string, OperationKind>;
  readonly stepKinds: ReadonlyMap<string, StepKind>;
  readonly failurePoints: FailurePoints;
  /** Pauses before a step, or its compensation, that failed with a retryable failure is tried again. */
  readonly retryDelaysMs: readonly number[];
  /** Pause before a journal that could not be written is tried again. */
  readonly journalRetryMs: number;
  /** Hears of everything that is a bug and no failure, with its stack. */
  onBug(error: unknown, operation: string): void;
}

/** The journal refused a record, so nothing more may be done on the strength of it. */
export class JournalFailure extends Error {
  override readonly name = 'JournalFailure';
  readonly failure: FailureDocument;

  constructor(cause: unknown) {
    super('The journal cannot be written', { cause });
    this.failure = toFailureDocument(cause);
  }
}

/** One worker at one operation: its lease, its two ways of being stopped, and its journal. */
export class Run {
  readonly deps: RunDeps;
  readonly lease: Lease;
  readonly kind: string;
  /** Aborts when the worker must stop: the control plane ends, or another worker took over. */
  readonly suspended: AbortSignal;
  /** Aborts as well when a person cancels. */
  readonly forward: AbortSignal;
  readonly #suspension = new AbortController();
  readonly #cancellation = new AbortController();
  readonly #progress: ProgressBuffer;

  constructor(deps: RunDeps, lease: Lease, kind: string) {
    this.deps = deps;
    this.lease = lease;
    this.kind = kind;
    this.suspended = this.#suspension.signal;
    this.forward = AbortSignal.any([this.#suspension.signal, this.#cancellation.signal]);
    this.#progress = new ProgressBuffer(deps.clock, (progress) =>
      deps.store.journal.appendProgress(lease, progress),
    );
  }

  get id(): string {
    return this.lease.operation;
  }

  /** The worker ends soon, without a result; `reason` is what aborts the work in its hands. */
  suspend(reason: Error): void {
    this.#suspension.abort(reason);
  }

  cancel(reason: Failure): void {
    this.#cancellation.abort(reason);
  }

  throwIfSuspended(): void {
    if (this.suspended.aborted)
      throw new Suspended('The worker was stopped', { cause: this.suspended.reason });
  }

  /** Writes once. Throws `Suspended` when the lease is lost, `JournalFailure` when the record is not durable. */
  attempt<T>(write: () => T): T {
    try {
      this.#progress.flush();
      return write();
    } catch (error) {
      if (error instanceof Failure && error.code === 'lease-lost') {
        this.suspend(error);
        this.throwIfSuspended();
      }
      if (!(error instanceof Failure)) this.deps.onBug(error, this.id);
      throw new JournalFailure(error);
    }
  }

  /** Writes, waiting for as long as the disk is full. Throws `Suspended` only. */
  async persist<T>(write: () => T): Promise<T> {
    for (;;) {
      try {
        return this.attempt(write);
      } catch (error) {
        if (!(error instanceof JournalFailure)) throw error;
        await this.pause(this.deps.journalRetryMs, this.suspended);
        this.throwIfSuspended();
      }
    }
  }

  /** Whether the time passed, rather than the signal aborting. */
  async pause(ms: number, signal: AbortSignal): Promise<boolean> {
    try {
      await setTimeout(ms, undefined, { signal });
      return true;
    } catch {
      return false;
    }
  }

  context(step: string | null, signal: AbortSignal): WorkContext {
    const { operation, environment, fence } = this.lease;
    return {
      operation: { id: operation, kind: this.kind, environment },
      fence,
      signal,
      emit: (progress) => this.#progress.add(step, progress),
    };
  }

  stepKind(name: string): StepKind {
    const kind = this.deps.stepKinds.get(name);
    if (kind === undefined) throw new Error(`This version knows no step of the kind "${name}"`);
    return kind;
  }

  /** What is stored of something thrown. Work that was told to stop failed for that reason, whatever it threw. */
  document(thrown: unknown, signal: AbortSignal): FailureDocument {
    if (signal.aborted && signal.reason instanceof Failure) return signal.reason.toJSON();
    if (thrown instanceof JournalFailure) return thrown.failure;
    if (!(thrown instanceof Failure)) this.deps.onBug(thrown, this.id);
    return toFailureDocument(thrown);
  }

  async point(name: OperationPoint): Promise<void> {
    await this.deps.failurePoints.reached(name);
  }

  async stepPoint(point: StepPoint, stepKind: string): Promise<void> {
    await this.deps.failurePoints.reached(stepPointName(point, stepKind));
  }

  close(): void {
    this.#progress.close();
  }
}
