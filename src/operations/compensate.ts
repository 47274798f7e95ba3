import { Failure, type FailureDocument, failureFromDocument } from '../core/failure.ts';
import type { Ending } from './execute.ts';
import type { OperationRecord, StepRecord } from './operation.ts';
import type { Run } from './run.ts';
import type { Outcome, Plan, PlannedStep, StepKind } from './step.ts';
import { cancelledBy } from './stop-reasons.ts';

interface TakenBack {
  readonly step: PlannedStep;
  readonly record: StepRecord;
}

interface FailedCompensation {
  readonly step: PlannedStep;
  readonly failure: FailureDocument;
}

/** Journals that everything is taken back, and which outcome that will have. */
export async function beginCompensation(
  run: Run,
  operation: OperationRecord,
  plan: Plan,
  ending: Ending,
): Promise<void> {
  const { queue, journal } = run.deps.store;
  const { cancelRequestedAt, cancelRequestedBy } = queue.get(run.id) ?? operation;
  const isCancelled = ending.kind === 'cancelled' || cancelRequestedAt !== null;
  const failure =
    ending.kind === 'failed' && !isCancelled
      ? ending.failure
      : cancelledBy(cancelRequestedBy ?? 'a person').toJSON();
  const verdict = isCancelled ? 'cancelled' : await failedVerdict(run, plan);
  await run.persist(() => journal.beginCompensation(run.lease, verdict, failure));
  await run.point('compensation.begun');
}

/**
 * Takes back what was done, the latest first, and stores the outcome. Until what serves has been put back, a
 * compensation that fails ends the story: those that follow would remove what serves now. After that each
 * one is tried.
 */
export async function compensateAll(run: Run, operation: OperationRecord, plan: Plan): Promise<void> {
  const { store } = run.deps;
  const steps = inReverse(plan, store.queue.steps(run.id));
  const pivots = new Set(steps.filter(({ step }) => step.pivot === true).map(({ step }) => step.id));
  const failed: FailedCompensation[] = [];
  for (const one of steps) {
    const failure = await compensateStep(run, one);
    if (failure === undefined) {
      pivots.delete(one.step.id);
      continue;
    }
    failed.push({ step: one.step, failure });
    if (pivots.size > 0) break;
  }
  const { verdict, failure } = store.queue.get(run.id) ?? operation;
  const outcome = failed.length > 0 ? 'incomplete' : (verdict ?? 'failed');
  const told = failed.length > 0 ? incompleteFailure(failure, failed) : failure;
  await run.persist(() => store.journal.settle(run.lease, outcome, told));
}

/** Unknown and latest results first; what was taken back already is left out. */
function inReverse(plan: Plan, records: readonly StepRecord[]): readonly TakenBack[] {
  const steps = new Map(plan.steps.map((step) => [step.id, step]));
  return records
    .flatMap((record) => {
      const step = steps.get(record.id);
      const isDue = record.state === 'done' || record.state === 'failed' || record.state === 'compensating';
      return step !== undefined && isDue ? [{ step, record }] : [];
    })
    .sort((a, b) => (b.record.completion ?? Infinity) - (a.record.completion ?? Infinity) || 0);
}

async function compensateStep(run: Run, { step, record }: TakenBack): Promise<FailureDocument | undefined> {
  const { journal } = run.deps.store;
  const { lease } = run;
  run.throwIfSuspended();
  const kind = run.deps.stepKinds.get(step.kind);
  if (kind !== undefined && !isTakenBack(kind, record)) return undefined;
  await run.persist(() => journal.beginCompensatingStep(lease, step.id));
  await run.stepPoint('compensation.intent', step.kind);
  for (let tries = 0; ; tries += 1) {
    try {
      await run
        .stepKind(step.kind)
        .compensate?.(run.context(step.id, run.suspended), step.input, record.output);
      break;
    } catch (error) {
      run.throwIfSuspended();
      const failure = run.document(error, run.suspended);
      const delay = failure.retryable ? run.deps.retryDelaysMs[tries] : undefined;
      const then = delay === undefined ? 'incomplete' : 'retry';
      await run.persist(() => journal.recordCompensationFailure(lease, step.id, failure, then));
      if (delay === undefined) return failure;
      await run.pause(delay, run.suspended);
      run.throwIfSuspended();
    }
  }
  await run.stepPoint('compensation.executed', step.kind);
  await run.persist(() => journal.recordCompensated(lease, step.id));
  await run.stepPoint('compensation.recorded', step.kind);
  return undefined;
}

function isTakenBack(kind: StepKind, record: StepRecord): boolean {
  if (kind.compensate === undefined) return false;
  return kind.compensateWhen !== 'unfinished' || record.state !== 'done';
}

/** `rolled-back` when what serves was changed, or may have been: a pivot whose failure does not tell is asked. */
async function failedVerdict(run: Run, plan: Plan): Promise<Outcome> {
  const records = new Map(run.deps.store.queue.steps(run.id).map((record) => [record.id, record.state]));
  for (const step of plan.steps.filter((candidate) => candidate.pivot === true)) {
    const state = records.get(step.id);
    if (state === 'done') return 'rolled-back';
    if (state !== 'failed' && state !== 'started') continue;
    if (await mayHaveHappened(run, step)) return 'rolled-back';
  }
  return 'failed';
}

async function mayHaveHappened(run: Run, step: PlannedStep): Promise<boolean> {
  try {
    const answer = await run.stepKind(step.kind).verify?.(run.context(step.id, run.suspended), step.input);
    return answer?.done ?? true;
  } catch {
    run.throwIfSuspended();
    return true;
  }
}

function incompleteFailure(
  original: FailureDocument | null,
  failed: readonly FailedCompensation[],
): FailureDocument {
  const what = failed.map(({ step, failure }) => `"${step.title}" (${failure.message})`).join(', ');
  const cause = original === null ? undefined : failureFromDocument(original);
  const hint = failed.find(({ failure }) => failure.hint !== undefined)?.failure.hint;
  return new Failure(
    cause?.code ?? 'internal',
    `${cause?.message ?? 'The operation failed.'} Taking it back failed as well, at: ${what}. What serves was left as it is.`,
    {
      hint: hint ?? 'Look at the environment with: mainstay status. Then deploy again, or roll back.',
      details: {
        ...cause?.details,
        notTakenBack: failed.map(({ step, failure }) => ({ step: step.id, failure })),
      },
    },
  ).toJSON();
}
