import type { Json } from '../core/json.ts';

/** One step of a stored plan. Its input says everything; a resumed worker needs nothing else. */
export interface PlannedStep {
  /** Unique in the plan; stable, so that events and journal name it: `start web.0`. */
  readonly id: string;
  /** Which `StepKind` carries it out: `instance.start`. */
  readonly kind: string;
  /** For a person: `Start web.0 (release 3f2a)`. */
  readonly title: string;
  /** Steps of one wave run side by side; the next wave begins when all have ended. */
  readonly wave: number;
  readonly input: Json;
  /**
   * What its failure means. `compensate`: everything done so far is compensated in reverse. `warn`: it is
   * recorded and the operation goes on (cleaning up after the outcome is already certain). A retryable failure
   * is tried again a few times before it counts.
   */
  readonly onFailure: 'compensate' | 'warn';
  /**
   * Set on the step that changes what serves; its kind must have `compensate`. A failure after it ends as
   * `rolled-back`, not as `failed`.
   */
  readonly pivot?: boolean;
  /**
   * Set on the step after which the outcome is certain: it can no longer be cancelled or compensated, so the
   * steps beside and after it must be `warn`. Once it has begun, a cancel is refused. One that is itself `warn`
   * and fails lets the rest go on, and the operation ends as `incomplete`.
   */
  readonly commit?: boolean;
}

export interface Plan {
  /** One line: `Deploy r7 (3f2a91c0) to guestbook/production in place of r6`. */
  readonly summary: string;
  readonly steps: readonly PlannedStep[];
  /** What the plan was made from, for the audit: release, observed instances, policy. */
  readonly facts: Json;
}

/** Progress that a person follows; stored with the operation. */
export type Progress =
  | { readonly type: 'note'; readonly text: string }
  /** A line of a build's or a command's output, already redacted. */
  | { readonly type: 'output'; readonly text: string }
  | {
      readonly type: 'progress';
      readonly done: number;
      readonly total: number | null;
      readonly unit: string;
    };

export interface WorkContext {
  readonly operation: { readonly id: string; readonly kind: string; readonly environment: string };
  /**
   * Fencing number of the lease; goes along with every call that changes a host, and with those that ask whether
   * a change that must not happen twice has happened: a call of a worker that died may still be on its way.
   */
  readonly fence: number;
  /**
   * Aborts with a `Failure` `cancelled` when a person cancels or another step of the wave failed, with
   * `ShutdownReason` when control stops, with `lease-lost` when another worker took over.
   */
  readonly signal: AbortSignal;
  emit(progress: Progress): void;
}

/**
 * How one kind of step is done. Either `execute` may be repeated with the same input to the same effect, or
 * `verify` can tell whether it happened: after a crash a step whose intent is journaled without a result is
 * verified where it can be and else executed again.
 */
export interface StepKind<Input extends Json = Json, Output extends Json = Json> {
  readonly kind: string;
  execute(context: WorkContext, input: Input): Promise<Output>;
  verify?(
    context: WorkContext,
    input: Input,
  ): Promise<{ readonly done: true; readonly output: Output } | { readonly done: false }>;
  /** Takes back what execute did, or may have done (`output` is null when its result is unknown). Idempotent. */
  compensate?(context: WorkContext, input: Input, output: Output | null): Promise<void>;
  /** `unfinished`: what was seen to be done stays; only what may still be going on is taken back. Default: `always`. */
  readonly compensateWhen?: 'always' | 'unfinished';
}

/** A kind of operation: how its plan is made, and what is recorded when it has ended. */
export interface OperationKind<Input extends Json = Json> {
  readonly kind: string;
  /**
   * Builds, observes and plans; changes nothing that serves. Runs again after a crash until its plan is stored.
   */
  prepare(context: WorkContext, input: Input): Promise<Plan>;
  /**
   * Evidence and bookkeeping. Called after the outcome is stored and before the environment is free for the next
   * operation and the event `finished` is told; again after a crash in between. Idempotent.
   */
  finished?(operation: FinishedOperation): Promise<void>;
}

export type Outcome =
  | 'succeeded'
  /** Failed before anything that serves was changed. */
  | 'failed'
  /** Failed after the switch; the old release serves again. */
  | 'rolled-back'
  | 'cancelled'
  /** A compensation, or a commit that cannot be compensated, failed; a person must look. The message says at what. */
  | 'incomplete';

export interface FinishedOperation {
  readonly id: string;
  readonly kind: string;
  readonly environment: string;
  readonly input: Json;
  readonly plan: Plan | null;
  readonly outcome: Outcome;
  readonly failure: import('../core/failure.ts').FailureDocument | null;
  readonly outputs: Readonly<Record<string, Json>>;
  readonly startedAt: number;
  readonly finishedAt: number;
}
