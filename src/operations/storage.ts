import type { FailureDocument } from '../core/failure.ts';
import type { Json } from '../core/json.ts';
import type { OperationEvent } from './events.ts';
import type { OperationRecord, OperationSummary, StepRecord } from './operation.ts';
import type { Outcome, Plan, PlannedStep, Progress } from './step.ts';

/**
 * What the engine asks of its storage. Every method that writes is one durable transaction, which holds the
 * change and its event together. It throws `disk-full` when there is no space; nothing was written then.
 */
export interface OperationStore {
  readonly queue: OperationQueue;
  readonly events: EventLog;
  readonly leases: LeaseStore;
  readonly journal: OperationJournal;
}

export interface OperationQueue {
  /** Throws `conflict` when the key was used for something else. */
  enqueue(operation: NewOperation): Enqueued;
  get(id: string): OperationRecord | undefined;
  /** By a full id or an unambiguous beginning of it; throws `not-found`, or `conflict` when several match. */
  find(idOrPrefix: string): OperationRecord;
  list(filter: OperationFilter): readonly OperationSummary[];
  /** In the order of the plan. */
  steps(operation: string): readonly StepRecord[];
  /** The oldest unfinished operation of each environment. */
  heads(): readonly { readonly environment: string; readonly operation: string }[];
  /** Finished operations whose `finished` hook has not been seen to end. */
  unrecorded(): readonly string[];
  markRecorded(operation: string): void;
  /**
   * Asks for the cancellation; a queued operation ends at once. Throws `conflict` when it has ended, is being
   * taken back or its outcome is certain, `not-found` when it is unknown. Asking twice is no error.
   */
  requestCancel(operation: string, by: string): OperationSummary;
}

export interface EventLog {
  /** The events after `after`, in order. */
  read(operation: string, after: number, limit: number): readonly OperationEvent[];
  /** Calls the listener after every commit that added events to an operation. */
  onAppended(listener: (operation: string) => void): Disposable;
}

export interface LeaseStore {
  /** Takes a lease that is free, whose owner is dead, or that still is as `expired` says. */
  acquire(environment: string, operation: string, owner: LeaseOwner, expired: LeaseSight | null): LeaseAnswer;
  /** Throws `lease-lost`. */
  renew(lease: Lease): void;
  /** Gives it back; no error when another worker has it by now. */
  release(lease: Lease): void;
}

/** Written by the worker that holds the lease; each method throws `lease-lost` when that is over. */
export interface OperationJournal {
  beginPreparing(lease: Lease): UnlessCancelled;
  /** Says in the events that another worker goes on. */
  recordResumed(lease: Lease): void;
  storePlan(lease: Lease, plan: Plan): UnlessCancelled;
  /** Journals the intent. A cancel that was asked for before wins, unless the outcome is certain. */
  beginStep(lease: Lease, step: Pick<PlannedStep, 'id' | 'title'>): UnlessCancelled;
  recordStep(lease: Lease, step: string, result: StepResult): void;
  /** The step failed and is tried again; its intent stands. */
  recordRetry(lease: Lease, step: string, failure: FailureDocument): void;
  /** Nothing is executed from here on: what never began is skipped, what was under way counts as failed. */
  beginCompensation(lease: Lease, verdict: Outcome, failure: FailureDocument): void;
  beginCompensatingStep(lease: Lease, step: string): void;
  recordCompensated(lease: Lease, step: string): void;
  recordCompensationFailure(
    lease: Lease,
    step: string,
    failure: FailureDocument,
    then: 'retry' | 'incomplete',
  ): void;
  /** Stores the outcome. A success gives way to a cancel that was asked for before, unless it is certain. */
  settle(lease: Lease, outcome: Outcome, failure: FailureDocument | null): UnlessCancelled;
  /** The last event, and the lease given back. `recorded`: the `finished` hook has ended. */
  finish(lease: Lease, recorded: boolean): void;
  appendProgress(lease: Lease, progress: readonly StepProgress[]): void;
}

export interface NewOperation {
  readonly id: string;
  readonly kind: string;
  readonly environment: string;
  /** The same key answers with the same operation, for ever. */
  readonly idempotencyKey: string;
  /** Must hold no secret. */
  readonly input: Json;
  readonly requestedBy: string;
}

export interface Enqueued {
  readonly operation: OperationSummary;
  /** False: this key was seen before. */
  readonly created: boolean;
}

export interface OperationFilter {
  readonly environment?: string | undefined;
  /** At most this many, newest first. */
  readonly limit: number;
}

/** A process that holds leases: its pid, and when that pid began (a pid alone is reused). */
export interface LeaseOwner {
  readonly pid: number;
  readonly startedAt: string;
}

/** The right to work on an environment. Every write under it is refused once another worker took over. */
export interface Lease {
  readonly environment: string;
  readonly operation: string;
  /** Grows with every acquisition, over the whole life of the environment's name. */
  readonly fence: number;
}

/**
 * What a contender saw of somebody else's lease. One that stays the same for the time to live, measured by
 * the contender's own monotonic clock, has expired: no two clocks are ever compared.
 */
export interface LeaseSight {
  readonly fence: number;
  readonly renewal: number;
}

export type LeaseAnswer =
  | { readonly kind: 'acquired'; readonly lease: Lease }
  | { readonly kind: 'held'; readonly owner: LeaseOwner; readonly sight: LeaseSight };

export type StepResult =
  | { readonly state: 'done'; readonly output: Json }
  | { readonly state: 'failed'; readonly failure: FailureDocument; readonly then: 'compensate' | 'warn' };

/** Whether the write took effect, or a person's cancel came first. */
export type UnlessCancelled = 'written' | 'cancelled';

export interface StepProgress {
  readonly at: number;
  readonly step: string | null;
  readonly progress: Progress;
}
