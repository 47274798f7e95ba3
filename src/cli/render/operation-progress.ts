import type {
  OperationEventView,
  OutcomeView,
  PlannedStepView,
  ProgressView,
} from '../../api/operation-events.ts';
import type { FailureDocument } from '../../core/failure.ts';

export type StepState =
  | 'pending'
  | 'running'
  | 'done'
  | 'failed'
  | 'warned'
  | 'undoing'
  | 'undone'
  | 'skipped';

export interface StepProgress {
  readonly id: string;
  readonly title: string;
  readonly wave: number;
  readonly state: StepState;
  readonly startedAt: number | null;
  readonly durationMs: number | null;
  /** What it is at, in a few words; null when it said nothing. */
  readonly note: string | null;
  readonly failure: FailureDocument | null;
}

/** What a person needs to see of an operation, folded from its events. Times are milliseconds since the epoch. */
export interface OperationProgress {
  readonly kind: string;
  readonly environment: string;
  readonly summary: string | null;
  readonly state: 'accepted' | 'queued' | 'preparing' | 'running' | 'compensating' | 'finished';
  readonly ahead: number;
  /** Null until there is a plan. */
  readonly steps: readonly StepProgress[] | null;
  readonly preparation: StepProgress;
  /** Lines of output by step id; those of the preparation under the empty id. */
  readonly output: ReadonlyMap<string, readonly string[]>;
  readonly cancelAsked: boolean;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly outcome: OutcomeView | null;
  readonly failure: FailureDocument | null;
}

/** Of one step; a build that prints more keeps its end, where the error is. */
const mostOutputLines = 5000;

export function emptyProgress(kind: string, environment: string): OperationProgress {
  return {
    kind,
    environment,
    summary: null,
    state: 'accepted',
    ahead: 0,
    steps: null,
    preparation: newStep({ id: '', title: 'Prepare', wave: -1 }),
    output: new Map(),
    cancelAsked: false,
    startedAt: null,
    finishedAt: null,
    outcome: null,
    failure: null,
  };
}

/** The progress after one more event. Unknown events change nothing. */
export function applyEvent(before: OperationProgress, event: OperationEventView): OperationProgress {
  const progress = { ...before, startedAt: before.startedAt ?? event.at };
  switch (event.type) {
    case 'accepted':
      return { ...progress, kind: event.data.kind, environment: event.data.environment };
    case 'queued-behind':
      return { ...progress, state: 'queued', ahead: event.data.ahead };
    case 'preparing':
      return {
        ...progress,
        state: 'preparing',
        preparation: { ...progress.preparation, state: 'running', startedAt: event.at, durationMs: null },
      };
    case 'planned':
      return planned(progress, event.data.summary, event.data.steps, event.at);
    case 'step-started':
      return changeStep(progress, event.data.step, {
        state: 'running',
        startedAt: event.at,
        durationMs: null,
        note: null,
      });
    case 'step-progress':
      return stepProgress(progress, event.data.step ?? '', event.data.progress);
    case 'step-done':
      return changeStep(progress, event.data.step, { state: 'done', durationMs: event.data.durationMs });
    case 'step-failed':
      return stepFailed(progress, event);
    case 'cancel-requested':
      return { ...progress, cancelAsked: true };
    case 'compensating':
      return { ...progress, state: 'compensating', failure: event.data.failure };
    case 'step-compensated':
      return compensated(progress, event.data.step);
    case 'compensation-failed':
      return changeStep(progress, event.data.step, {
        state: 'undoing',
        failure: event.data.failure,
        note: event.data.failure.message,
      });
    case 'finished':
      return finished(progress, event.data.outcome, event.data.failure, event.at);
    default:
      return progress;
  }
}

function planned(
  progress: OperationProgress,
  summary: string,
  steps: readonly PlannedStepView[],
  at: number,
): OperationProgress {
  const { startedAt } = progress.preparation;
  return {
    ...progress,
    state: 'running',
    summary,
    steps: steps.map(newStep),
    preparation: {
      ...progress.preparation,
      state: 'done',
      durationMs: startedAt === null ? null : at - startedAt,
      note: null,
    },
  };
}

function stepProgress(before: OperationProgress, id: string, progress: ProgressView): OperationProgress {
  switch (progress.type) {
    case 'note':
      return changeStep(before, id, { note: progress.text });
    case 'progress':
      return changeStep(before, id, { note: countText(progress) });
    case 'output': {
      const lines = [...(before.output.get(id) ?? []), progress.text].slice(-mostOutputLines);
      return { ...before, output: new Map(before.output).set(id, lines) };
    }
    default:
      return before;
  }
}

function stepFailed(
  before: OperationProgress,
  event: OperationEventView & { readonly type: 'step-failed' },
): OperationProgress {
  const { step, failure, then } = event.data;
  const startedAt = before.steps?.find(({ id }) => id === step)?.startedAt ?? null;
  const durationMs = startedAt === null ? null : event.at - startedAt;
  if (then === 'retry') return changeStep(before, step, { note: `trying again: ${failure.message}` });
  return changeStep(before, step, {
    state: then === 'warn' ? 'warned' : 'failed',
    failure,
    durationMs,
    note: null,
  });
}

/** The step that failed keeps its mark, so that it can still be told from those that were undone because of it. */
function compensated(before: OperationProgress, id: string): OperationProgress {
  const failed = before.steps?.find((step) => step.id === id)?.state === 'failed';
  return changeStep(before, id, failed ? { note: null } : { state: 'undone', note: null });
}

function finished(
  before: OperationProgress,
  outcome: OutcomeView,
  failure: FailureDocument | null,
  at: number,
): OperationProgress {
  const { preparation } = before;
  const neverPlanned = before.steps === null && outcome !== 'succeeded';
  return {
    ...before,
    state: 'finished',
    outcome,
    failure: failure ?? (outcome === 'succeeded' ? null : before.failure),
    finishedAt: at,
    steps:
      before.steps?.map((step) => (step.state === 'pending' ? { ...step, state: 'skipped' } : step)) ?? null,
    preparation: neverPlanned
      ? {
          ...preparation,
          state: 'failed',
          failure,
          durationMs: at - (preparation.startedAt ?? at),
          note: null,
        }
      : preparation,
  };
}

function changeStep(before: OperationProgress, id: string, change: Partial<StepProgress>): OperationProgress {
  if (id === '') return { ...before, preparation: { ...before.preparation, ...change } };
  return {
    ...before,
    steps: before.steps?.map((step) => (step.id === id ? { ...step, ...change } : step)) ?? null,
  };
}

function newStep({ id, title, wave }: Pick<PlannedStepView, 'id' | 'title' | 'wave'>): StepProgress {
  return { id, title, wave, state: 'pending', startedAt: null, durationMs: null, note: null, failure: null };
}

function countText({ done, total, unit }: ProgressView & { readonly type: 'progress' }): string {
  return total === null ? `${done} ${unit}` : `${done} of ${total} ${unit}`;
}
