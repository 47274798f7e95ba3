import type { FailureDocument } from '../core/failure.ts';
import type { Outcome, PlannedStep, Progress } from './step.ts';

/** A step as it is shown: its input stays in the stored plan. */
export type ShownStep = Omit<PlannedStep, 'input'>;

/** What happened, in words that a program understands. Everything in it may be shown to a viewer. */
export type OperationEventBody =
  | {
      readonly type: 'accepted';
      readonly data: { readonly kind: string; readonly environment: string; readonly requestedBy: string };
    }
  /** Another operation holds the environment; `ahead` counts those that come first, this one included. */
  | { readonly type: 'queued-behind'; readonly data: { readonly operation: string; readonly ahead: number } }
  | { readonly type: 'preparing'; readonly data: Record<string, never> }
  /** A worker took the operation up again after the one before it ended in the middle. */
  | { readonly type: 'resumed'; readonly data: { readonly fence: number } }
  | {
      readonly type: 'planned';
      readonly data: { readonly summary: string; readonly steps: readonly ShownStep[] };
    }
  | {
      readonly type: 'step-started';
      readonly data: { readonly step: string; readonly title: string; readonly attempt: number };
    }
  /** `step` is null while the operation is being prepared. */
  | {
      readonly type: 'step-progress';
      readonly data: { readonly step: string | null; readonly progress: Progress };
    }
  | { readonly type: 'step-done'; readonly data: { readonly step: string; readonly durationMs: number } }
  | {
      readonly type: 'step-failed';
      readonly data: {
        readonly step: string;
        readonly failure: FailureDocument;
        /** `warn`: the operation goes on without it. `retry`: it is tried again. */
        readonly then: 'compensate' | 'warn' | 'retry';
      };
    }
  | { readonly type: 'cancel-requested'; readonly data: { readonly by: string } }
  /** Nothing more is done; what was done is being taken back. */
  | { readonly type: 'compensating'; readonly data: { readonly failure: FailureDocument } }
  | { readonly type: 'step-compensated'; readonly data: { readonly step: string } }
  | {
      readonly type: 'compensation-failed';
      readonly data: {
        readonly step: string;
        readonly failure: FailureDocument;
        readonly then: 'retry' | 'incomplete';
      };
    }
  /** The last event of every operation; its evidence and bookkeeping are already written. */
  | {
      readonly type: 'finished';
      readonly data: { readonly outcome: Outcome; readonly failure: FailureDocument | null };
    };

/** `seq` counts from 1 in each operation, without gaps. */
export type OperationEvent = { readonly seq: number; readonly at: number } & OperationEventBody;
