import { Failure, type FailureDocument } from '../core/failure.ts';
import type { Json } from '../core/json.ts';
import { wavesOf } from './check-plan.ts';
import type { StepRecord } from './operation.ts';
import { JournalFailure, type Run } from './run.ts';
import type { Plan, PlannedStep } from './step.ts';
import { Suspended } from './stop-reasons.ts';
import type { UnlessCancelled } from './storage.ts';

/** Why an operation does not go on: everything that was done is to be taken back. */
export type Ending =
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly failure: FailureDocument };

interface DueStep {
  readonly step: PlannedStep;
  readonly record: StepRecord | undefined;
  /** At or after the commit: its journal is waited for, because nothing is taken back any more. */
  readonly isFinal: boolean;
}

/** Carries out what is left of the plan. Undefined when all of it is done. */
export async function executePlan(run: Run, plan: Plan): Promise<Ending | undefined> {
  const records = new Map(run.deps.store.queue.steps(run.id).map((record) => [record.id, record]));
  const failed = plan.steps.find(
    (step) => step.onFailure === 'compensate' && records.get(step.id)?.state === 'failed',
  );
  const failure = failed === undefined ? undefined : records.get(failed.id)?.failure;
  if (failure) return { kind: 'failed', failure };

  const commitWave = Math.min(...plan.steps.filter((step) => step.commit === true).map((step) => step.wave));
  for (const wave of wavesOf(plan)) {
    const due = wave
      .map((step) => ({ step, record: records.get(step.id), isFinal: step.wave >= commitWave }))
      .filter(({ record }) => record?.state === 'pending' || record?.state === 'started');
    if (due.length === 0) continue;
    run.throwIfSuspended();
    const ending = await executeWave(run, due);
    if (ending !== undefined) return ending;
  }
  return undefined;
}

/** The first step that fails stops the others of its wave; all have ended when this resolves. */
async function executeWave(run: Run, due: readonly DueStep[]): Promise<Ending | undefined> {
  const siblings = new AbortController();
  const signal = AbortSignal.any([run.forward, siblings.signal]);
  let ending: Ending | undefined;
  let suspension: Suspended | undefined;
  const bugs: unknown[] = [];
  const stop = (why: Ending, step: PlannedStep): void => {
    ending ??= why;
    siblings.abort(new Failure('cancelled', `Stopped because "${step.title}" failed.`));
  };
  await Promise.all(
    due.map(async (one) => {
      try {
        const why = await executeStep(run, one, signal);
        if (why !== undefined) stop(why, one.step);
      } catch (error) {
        if (error instanceof JournalFailure) stop({ kind: 'failed', failure: error.failure }, one.step);
        else if (error instanceof Suspended) suspension = error;
        else bugs.push(error);
      }
    }),
  );
  if (bugs.length > 0) throw new Error(`The engine failed at ${run.id}`, { cause: bugs[0] });
  if (suspension !== undefined) throw suspension;
  return ending;
}

async function executeStep(run: Run, due: DueStep, signal: AbortSignal): Promise<Ending | undefined> {
  const { step } = due;
  const { journal } = run.deps.store;
  if ((await beginStep(run, due)) === 'cancelled') return { kind: 'cancelled' };
  await run.stepPoint('step.intent', step.kind);
  const result = await act(run, due, signal);
  if (result.state === 'done') await run.stepPoint('step.executed', step.kind);
  await record(run, due, () => journal.recordStep(run.lease, step.id, result));
  await run.stepPoint('step.recorded', step.kind);
  if (result.state === 'done' || step.onFailure === 'warn') return undefined;
  return { kind: 'failed', failure: result.failure };
}

function beginStep(run: Run, { step, isFinal }: DueStep): Promise<UnlessCancelled> | UnlessCancelled {
  const write = (): UnlessCancelled => run.deps.store.journal.beginStep(run.lease, step);
  // Before its intent is written a commit has not begun, so it may still fail like any other step.
  return isFinal && step.commit !== true ? run.persist(write) : run.attempt(write);
}

function record(run: Run, { isFinal }: DueStep, write: () => void): Promise<void> | void {
  return isFinal ? run.persist(write) : run.attempt(write);
}

type ActResult =
  | { readonly state: 'done'; readonly output: Json }
  | { readonly state: 'failed'; readonly failure: FailureDocument; readonly then: 'compensate' | 'warn' };

/** Does it, again after a failure that may pass. What may have happened before is asked for first. */
async function act(run: Run, due: DueStep, signal: AbortSignal): Promise<ActResult> {
  const { step } = due;
  let mayHaveHappened = due.record?.state === 'started';
  for (let tries = 0; ; tries += 1) {
    try {
      return { state: 'done', output: await executeOnce(run, step, signal, mayHaveHappened) };
    } catch (error) {
      run.throwIfSuspended();
      const failure = run.document(error, signal);
      const delay = signal.aborted || !failure.retryable ? undefined : run.deps.retryDelaysMs[tries];
      if (delay === undefined) return { state: 'failed', failure, then: step.onFailure };
      await record(run, due, () => run.deps.store.journal.recordRetry(run.lease, step.id, failure));
      if (!(await run.pause(delay, signal))) {
        run.throwIfSuspended();
        return { state: 'failed', failure: run.document(error, signal), then: step.onFailure };
      }
      mayHaveHappened = true;
    }
  }
}

async function executeOnce(
  run: Run,
  step: PlannedStep,
  signal: AbortSignal,
  mayHaveHappened: boolean,
): Promise<Json> {
  const kind = run.stepKind(step.kind);
  const context = run.context(step.id, signal);
  if (mayHaveHappened && kind.verify !== undefined) {
    const answer = await kind.verify(context, step.input);
    if (answer.done) return answer.output ?? null;
  }
  return (await kind.execute(context, step.input)) ?? null;
}
