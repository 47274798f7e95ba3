import { toFailureDocument } from '../core/failure.ts';
import { checkPlan } from './check-plan.ts';
import { beginCompensation, compensateAll } from './compensate.ts';
import { type Ending, executePlan } from './execute.ts';
import type { OperationRecord } from './operation.ts';
import { callFinished } from './record-finished.ts';
import type { Run } from './run.ts';
import type { Plan } from './step.ts';
import { cancelledBy } from './stop-reasons.ts';
import type { UnlessCancelled } from './storage.ts';

/**
 * Brings an operation from wherever its journal says that it is to its end. Throws `Suspended` when the
 * worker must stop before that; whoever comes next goes on from the journal.
 */
export async function runOperation(run: Run, operation: OperationRecord): Promise<void> {
  const { store } = run.deps;
  if (operation.state !== 'queued') await run.persist(() => store.journal.recordResumed(run.lease));
  if (operation.outcome === null) await carryOut(run, operation);
  if (store.queue.get(run.id)?.state === 'finished') return;
  await run.point('outcome.stored');
  await recordAndFinish(run);
}

async function carryOut(run: Run, operation: OperationRecord): Promise<void> {
  const { store } = run.deps;
  const plan = operation.plan ?? (await prepare(run, operation));
  if (plan === undefined) return;
  if (operation.state !== 'compensating') {
    const ending = (await executePlan(run, plan)) ?? (await conclude(run, plan));
    if (ending === undefined) return;
    await beginCompensation(run, operation, plan, ending);
  }
  await compensateAll(run, store.queue.get(run.id) ?? operation, plan);
}

/** Undefined when it did not come to a plan; its outcome is stored then. */
async function prepare(run: Run, operation: OperationRecord): Promise<Plan | undefined> {
  const { store } = run.deps;
  if ((await run.persist(() => store.journal.beginPreparing(run.lease))) === 'cancelled') {
    return settleUnplanned(run, undefined);
  }
  await run.point('operation.preparing');
  let plan: Plan;
  let answer: UnlessCancelled;
  try {
    const kind = run.deps.operationKinds.get(operation.kind);
    if (kind === undefined)
      throw new Error(`This version knows no operation of the kind "${operation.kind}"`);
    plan = await kind.prepare(run.context(null, run.forward), operation.input);
    checkPlan(plan, run.deps.stepKinds);
    await run.point('plan.made');
    answer = run.attempt(() => store.journal.storePlan(run.lease, plan));
  } catch (error) {
    run.throwIfSuspended();
    return await settleUnplanned(run, error);
  }
  if (answer === 'cancelled') return settleUnplanned(run, undefined);
  await run.point('plan.stored');
  return plan;
}

/** Nothing was changed yet, so there is nothing to take back. */
async function settleUnplanned(run: Run, thrown: unknown): Promise<undefined> {
  const { store } = run.deps;
  const operation = store.queue.get(run.id);
  if (operation?.state === 'finished') {
    // Cancelled in the queue, in the moment in which this worker took it up.
    store.leases.release(run.lease);
    return;
  }
  const isCancelled = (operation?.cancelRequestedAt ?? null) !== null;
  const failure = isCancelled
    ? cancelledBy(operation?.cancelRequestedBy ?? 'a person').toJSON()
    : run.document(thrown, run.forward);
  await run.persist(() => store.journal.settle(run.lease, isCancelled ? 'cancelled' : 'failed', failure));
}

/** Everything was tried. It only succeeded when what was to make the outcome certain did. */
async function conclude(run: Run, plan: Plan): Promise<Ending | undefined> {
  const { queue, journal } = run.deps.store;
  const commits = new Set(plan.steps.filter(({ commit }) => commit === true).map(({ id }) => id));
  const failed = queue.steps(run.id).find(({ id, state }) => state === 'failed' && commits.has(id));
  if (failed !== undefined) {
    await run.persist(() => journal.settle(run.lease, 'incomplete', failed.failure));
    return undefined;
  }
  const answer = await run.persist(() => journal.settle(run.lease, 'succeeded', null));
  return answer === 'cancelled' ? { kind: 'cancelled' } : undefined;
}

/** Evidence and bookkeeping come before the last event, so that whoever saw it finds them. */
async function recordAndFinish(run: Run): Promise<void> {
  const { deps } = run;
  for (let tries = 0; ; tries += 1) {
    try {
      await callFinished(deps, run.id);
      break;
    } catch (error) {
      run.throwIfSuspended();
      const failure = toFailureDocument(error);
      if (failure.code !== 'disk-full') deps.onBug(error, run.id);
      // Space comes back; a bug does not go away, and must not hold the environment for ever.
      if (failure.code !== 'disk-full' && tries >= deps.retryDelaysMs.length) break;
      await run.pause(deps.retryDelaysMs[tries] ?? deps.journalRetryMs, run.suspended);
      run.throwIfSuspended();
    }
  }
  await run.point('outcome.recorded');
  await run.persist(() => deps.store.journal.finish(run.lease, true));
  await run.point('operation.finished');
}
