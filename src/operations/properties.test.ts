import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { OperationsEngine } from './engine.ts';
import type { StepRecord } from './operation.ts';
import type { FinishedOperation, Outcome } from './step.ts';
import {
  type Bench,
  CrashPoint,
  fixedPlan,
  followToEnd,
  integrityOf,
  openBench,
  request,
} from './test-engine.ts';
import { natures, plannedWorld, type StepNature, World, worldSteps } from './test-world.ts';

/** More with `MAINSTAY_PROPERTY_RUNS`; a failure prints its seed and the smallest case. */
const runs = Number(process.env['MAINSTAY_PROPERTY_RUNS'] ?? 60);

interface Told {
  readonly outcome: Outcome;
  readonly steps: readonly StepRecord[];
  readonly finished: readonly FinishedOperation[];
  readonly wasCancelled: boolean;
}

test('whatever the plan, and wherever it is killed or cancelled, an operation ends truthfully', async (t) => {
  const bench = await openBench(t);
  let run = 0;
  const cut = fc.integer({ min: 1, max: 40 });
  await fc.assert(
    fc.asyncProperty(
      natures,
      fc.array(cut, { maxLength: 3 }),
      fc.option(cut, { freq: 2 }),
      async (steps, crashes, cancelAt) => {
        run += 1;
        const world = new World();
        const told = await play(bench, `shop/e${run}`, steps, world, { crashes, cancelAt });
        judge(steps, world, told);
      },
    ),
    { numRuns: runs, ...(process.env['MAINSTAY_PROPERTY_RUNS'] === undefined ? { seed: 20_261 } : {}) },
  );
  assert.deepEqual(bench.bugs, []);
  assert.deepEqual(bench.store.operations.queue.heads(), []);
  assert.equal(integrityOf(bench.path), 'ok');
});

/** Carries one operation to its end through every crash, each followed by an engine of a new process. */
async function play(
  bench: Bench,
  environment: string,
  steps: readonly StepNature[],
  world: World,
  cuts: { readonly crashes: readonly number[]; readonly cancelAt: number | null },
): Promise<Told> {
  const { store, engine, owners } = bench;
  const finished: FinishedOperation[] = [];
  const kinds = {
    operationKinds: [
      fixedPlan(plannedWorld(steps), { finished: async (operation) => void finished.push(operation) }),
    ],
    stepKinds: worldSteps(world, steps),
  };
  const asked = request(environment, environment);
  let wasCancelled = false;
  for (const crash of [...cuts.crashes, Infinity]) {
    const owner = owners.make();
    const point = new CrashPoint((_name, count) => {
      if (count === cuts.cancelAt) wasCancelled = cancel(bench, subject, environment) || wasCancelled;
      return count === crash;
    });
    const subject: OperationsEngine = engine({ ...kinds, owner, failurePoints: point });
    subject.start();
    const ending = subject.enqueue(asked).then(async ({ operation }) => {
      await followToEnd(subject, operation.id);
      return subject.idle();
    });
    await Promise.race([ending, point.crashed.opened]);
    // Its promises never end; nobody waits for them any more.
    ending.catch(() => {});
    owners.kill(owner);
  }
  const [operation] = store.operations.queue.list({ environment, limit: 1 });
  assert.equal(operation?.state, 'finished');
  assert.ok(operation.outcome !== null);
  return {
    outcome: operation.outcome,
    steps: store.operations.queue.steps(operation.id),
    finished,
    wasCancelled,
  };
}

/** Whether the wish was taken; it is refused when it comes too late. */
function cancel({ store }: Bench, subject: OperationsEngine, environment: string): boolean {
  const [operation] = store.operations.queue.list({ environment, limit: 1 });
  if (operation === undefined) return false;
  try {
    subject.cancel(operation.id, 'ada');
    return true;
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'conflict');
    return false;
  }
}

function judge(steps: readonly StepNature[], world: World, told: Told): void {
  assert.deepEqual(world.violations, []);
  assert.ok(told.finished.length >= 1);
  assert.deepEqual(new Set(told.finished.map(({ outcome }) => outcome)), new Set([told.outcome]));
  if (told.outcome === 'succeeded') judgeSuccess(steps, world, told);
  else judgeTakenBack(steps, world, told);
}

function judgeSuccess(steps: readonly StepNature[], world: World, told: Told): void {
  assert.equal(told.wasCancelled, false, 'a cancel that was taken is not ignored');
  assert.deepEqual(world.undone, []);
  for (const step of steps) {
    const record = told.steps.find(({ id }) => id === step.name);
    assert.ok(
      record?.state === 'done' || (record?.state === 'failed' && step.onFailure === 'warn'),
      step.name,
    );
    if (record.state === 'done')
      assert.ok(world.standing.has(step.name), `${step.name} is done and has no effect`);
  }
}

function judgeTakenBack(steps: readonly StepNature[], world: World, told: Told): void {
  assert.deepEqual([...world.standing], [], 'something was left');
  assert.equal(told.outcome === 'cancelled', told.wasCancelled);
  if (told.outcome === 'failed') {
    assert.ok(!steps.some(({ name, pivot }) => pivot && world.everStood.has(name)), 'it had switched');
  }
  if (told.outcome === 'rolled-back')
    assert.ok(steps.some(({ name, pivot }) => pivot && world.executions.has(name)));
  for (const { state, id } of told.steps)
    assert.ok(state === 'compensated' || state === 'skipped', `${id} is ${state}`);
  assertReverse(world.undone);
}

/** The last time that each step was undone, steps of later waves come first. */
function assertReverse(undone: readonly string[]): void {
  const first = [...new Set(undone)].map((name) => Number(/^w(\d+)/.exec(name)?.[1]));
  assert.deepEqual(
    first,
    first.toSorted((a, b) => b - a),
  );
}
