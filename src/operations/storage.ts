import type { FailureDocument } from '../core/failure.ts';
import type { Json } from '../core/json.ts';
import type { OperationEvent } from './events.ts';
import type { OperationRecord, OperationSummary, StepRecord } from './operation.ts';
import type { Outcome, Plan, Progress } from './step.ts';

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
  readonly environment?: string;
  /** At most this many, newest first. */
  readonly limit: number;
}

export type StepResult =
  | { readonly state: 'done'; readonly output: Json }
  | { readonly state: 'failed'; readonly failure: FailureDocument; readonly then: 'compensate' | 'warn' };

/** Whether the write took effect, or a person's cancel came first. */
export type UnlessCancelled = 'written' | 'cancelled';

/**
 * The journal. Each method is one durable transaction that writes the change and its event together; it
 * throws `disk-full` when there is no space, and then nothing was written. Methods that take a lease throw
 * `lease-lost` when the lease is no longer the present one.
 */
export interface OperationStore {
  /** Throws `conflict` when the key was used for something else. */
  enqueue(operation: NewOperation): Enqueued;
  get(id: string): OperationRecord | undefined;
  /** By a full id or an unambiguous beginning of it; throws `not-found`, or `conflict` when several match. */
  find(idOrPrefix: string): OperationRecord;
  list(filter: OperationFilter): readonly OperationSummary[];
  /** In the order of the plan. */
  steps(operation: string): readonly StepRecord[];
  /** The events after `after`, in order. */
  events(operation: string, after: number, limit: number): readonly OperationEvent[];
  /** Calls the listener after every commit that added events to an operation. */
  onEvents(listener: (operation: string) => void): Disposable;

  /** The oldest unfinished operation of each environment. */
  heads(): readonly { readonly environment: string; readonly operation: string }[];
  /** Ended operations whose `finished` hook has not been seen to end. */
  unrecorded(): readonly string[];
  /** For an ended operation only; without a lease. */
  markRecorded(operation: string): void;

  /** Takes a lease that is free, whose owner is dead, or that is as `expired` says. */
  acquireLease(environment: string, operation: string, owner: LeaseOwner, expired: LeaseSight | null): LeaseAnswer;
  renewLease(lease: Lease): void;
  releaseLease(lease: Lease): void;

  beginPreparing(lease: Lease): void;
  /** Says in the events that another worker goes on. */
  recordResumed(lease: Lease): void;
  storePlan(lease: Lease, plan: Plan): UnlessCancelled;
  /** Journals the intent. A cancel that was asked for before wins, except over a commit that is under way. */
  beginStep(lease: Lease, step: string): UnlessCancelled;
  recordStep(lease: Lease, step: string, result: StepResult): void;
  recordRetry(lease: Lease, step: string, failure: FailureDocument): void;
  /** Nothing more is executed from here on; steps that never began are skipped. */
  beginCompensation(lease: Lease, verdict: Outcome, failure: FailureDocument): void;
  /** The outcome that a compensation under way will have when it works. */
  verdict(operation: string): Outcome | null;
  beginCompensatingStep(lease: Lease, step: string): void;
  recordCompensated(lease: Lease, step: string): void;
  recordCompensationFailure(lease: Lease, step: string, failure: FailureDocument, then: 'retry' | 'incomplete'): void;
  /** Stores the outcome. A success gives way to a cancel that was asked for before, unless it is certain. */
  settle(lease: Lease, outcome: Outcome, failure: FailureDocument | null): UnlessCancelled;
  /** The last event, `finished`, and the lease given back. */
  finish(lease: Lease, recorded: boolean): void;

  /**
   * Asks for the cancellation; a queued operation ends at once. Throws `conflict` when it has ended or its
   * outcome is certain, `not-found` when it is unknown. Asking twice is no error.
   */
  requestCancel(operation: string, by: string): OperationSummary;
  appendProgress(lease: Lease, progress: readonly StepProgress[]): void;
}

export interface StepProgress {
  readonly at: number;
  readonly step: string | null;
  readonly progress: Progress;
}
