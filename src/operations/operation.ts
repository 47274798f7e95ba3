import type { FailureDocument } from '../core/failure.ts';
import type { Json } from '../core/json.ts';
import type { Outcome, Plan } from './step.ts';

/** `finished` comes after evidence and bookkeeping; until then an outcome may already be set. */
export type OperationState = 'queued' | 'preparing' | 'running' | 'compensating' | 'finished';

/** What lists and overviews show; cheap to read. Times are milliseconds since the epoch. */
export interface OperationSummary {
  readonly id: string;
  readonly kind: string;
  readonly environment: string;
  readonly state: OperationState;
  readonly outcome: Outcome | null;
  /** From the plan, once there is one. */
  readonly summary: string | null;
  readonly failure: FailureDocument | null;
  readonly requestedBy: string;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly cancelRequestedAt: number | null;
  readonly cancelRequestedBy: string | null;
}

export interface OperationRecord extends OperationSummary {
  readonly idempotencyKey: string;
  readonly input: Json;
  readonly plan: Plan | null;
  /** Set while compensating: the outcome when that works. */
  readonly verdict: Outcome | null;
}

export type StepState =
  | 'pending'
  /** Its intent is journaled and its result is not: after a crash nobody knows whether it happened. */
  | 'started'
  | 'done'
  | 'failed'
  | 'compensating'
  | 'compensated'
  /** Never begun, because the operation ended before it. */
  | 'skipped';

export interface StepRecord {
  readonly id: string;
  readonly wave: number;
  readonly state: StepState;
  /** How many times its intent was journaled. */
  readonly attempt: number;
  readonly output: Json;
  readonly failure: FailureDocument | null;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  /** Grows with every result in the operation; the order of compensation is its reverse. Null without a result. */
  readonly completion: number | null;
}
