import type { FailureDocument } from '../core/failure.ts';

/**
 * The events of an operation as they cross the wire: `eventSchema` frames them, this says what `data` holds.
 * A reader passes over types that it does not know, so that an older client can follow a newer server.
 */
export type OperationEventView = { readonly seq: number; readonly at: number } & OperationEventBodyView;

export type OutcomeView = 'succeeded' | 'failed' | 'rolled-back' | 'cancelled' | 'incomplete';

export interface PlannedStepView {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly wave: number;
  readonly onFailure: 'compensate' | 'warn';
  readonly pivot?: boolean | undefined;
  readonly commit?: boolean | undefined;
}

export type ProgressView =
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'output'; readonly text: string }
  | {
      readonly type: 'progress';
      readonly done: number;
      readonly total: number | null;
      readonly unit: string;
    };

type Event<Type extends string, Data> = { readonly type: Type; readonly data: Readonly<Data> };

export type OperationEventBodyView =
  | Event<'accepted', { kind: string; environment: string; requestedBy: string }>
  | Event<'queued-behind', { operation: string; ahead: number }>
  | Event<'preparing', object>
  | Event<'resumed', { fence: number }>
  | Event<'planned', { summary: string; steps: readonly PlannedStepView[] }>
  | Event<'step-started', { step: string; title: string; attempt: number }>
  /** `step` is null while the operation is being prepared. */
  | Event<'step-progress', { step: string | null; progress: ProgressView }>
  | Event<'step-done', { step: string; durationMs: number }>
  | Event<'step-failed', { step: string; failure: FailureDocument; then: 'compensate' | 'warn' | 'retry' }>
  | Event<'cancel-requested', { by: string }>
  | Event<'compensating', { failure: FailureDocument }>
  | Event<'step-compensated', { step: string }>
  | Event<'compensation-failed', { step: string; failure: FailureDocument; then: 'retry' | 'incomplete' }>
  /** The last event of every operation. */
  | Event<'finished', { outcome: OutcomeView; failure: FailureDocument | null }>;
