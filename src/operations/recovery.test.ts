import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../core/failure.ts';
import { failurePointNames } from './failure-points.ts';
import {
  CrashPoint,
  Diary,
  diaryStep,
  fixedPlan,
  followToEnd,
  gate,
  integrityOf,
  openBench,
  planned,
  request,
  untilAborted,
} from './test-engine.ts';

const story = [
  planned('start', 1),
  planned('switch', 2, { pivot: true }),
  planned('check', 3),
  planned('commit', 4, { commit: true }),
  planned('prune', 5, { onFailure: 'warn' }),
];

for (const point of failurePointNames(['diary'])) {
  const isTakenBack = point.startsWith('compensation');
  test(`a crash at ${point} is picked up and ends truthfully`, async (t) => {
    const { store, engine, owners, path } = await openBench(t);
    const diary = new Diary();
    const finished: string[] = [];
    const kinds = {
      operationKinds: [fixedPlan(story, { finished: async ({ outcome }) => void finished.push(outcome) })],
      stepKinds: [
        diaryStep(diary, {
          'do check': () => {
            if (isTakenBack) throw new Failure('check-failed', 'No.');
            return null;
          },
        }),
      ],
    };
    const crash = new CrashPoint((name) => name === point);
    const first = owners.make();
    const dying = engine({ ...kinds, owner: first, failurePoints: crash });
    dying.start();
    const accepted = dying.enqueue(request('key'));
    await crash.crashed.opened;
    owners.kill(first);

    const next = engine(kinds);
    next.start();
    const { operation, created } = await next.enqueue(request('key'));
    assert.equal(created, false, 'the request that got no answer may be sent again');
    await followToEnd(next, operation.id);
    await next.idle();

    const ended = store.operations.queue.find(operation.id);
    assert.equal(ended.outcome, isTakenBack ? 'rolled-back' : 'succeeded');
    assert.ok(finished.length >= 1 && new Set(finished).size === 1);
    assert.deepEqual(
      [...new Set(diary.of('do'))],
      story.slice(0, isTakenBack ? 3 : 5).map(({ id }) => `do ${id}`),
    );
    const undone = isTakenBack ? ['undo check', 'undo switch', 'undo start'] : [];
    assert.deepEqual([...new Set(diary.of('undo'))], undone);
    assert.deepEqual(store.operations.queue.heads(), [], 'nothing is left half-done');
    assert.equal(integrityOf(path), 'ok');
    void accepted;
  });
}

test('a step whose result is not known is asked for before it is done again', async (t) => {
  const { store, engine, owners } = await openBench(t);
  let made = 0;
  const kinds = {
    operationKinds: [fixedPlan([planned('once', 1)])],
    stepKinds: [
      {
        kind: 'diary',
        execute: async () => {
          made += 1;
          return { made };
        },
        verify: async () =>
          made > 0 ? ({ done: true, output: { made } } as const) : ({ done: false } as const),
      },
    ],
  };
  const crash = new CrashPoint((name) => name === 'step.executed.diary');
  const first = owners.make();
  const dying = engine({ ...kinds, owner: first, failurePoints: crash });
  dying.start();
  const { operation } = await dying.enqueue(request('key'));
  await crash.crashed.opened;
  owners.kill(first);
  const next = engine(kinds);
  next.start();
  await followToEnd(next, operation.id);
  assert.equal(made, 1);
  assert.deepEqual(store.operations.queue.steps(operation.id)[0]?.output, { made: 1 });
});

test('a cancel that was asked for before a crash is honoured after it', async (t) => {
  const { store, engine, owners } = await openBench(t);
  const diary = new Diary();
  const kinds = {
    operationKinds: [fixedPlan([planned('a', 1), planned('b', 2)])],
    stepKinds: [diaryStep(diary)],
  };
  const crash = new CrashPoint((name) => name === 'step.executed.diary');
  const first = owners.make();
  const dying = engine({ ...kinds, owner: first, failurePoints: crash });
  dying.start();
  const { operation } = await dying.enqueue(request('key'));
  await crash.crashed.opened;
  dying.cancel(operation.id, 'ada');
  owners.kill(first);
  const next = engine(kinds);
  next.start();
  await followToEnd(next, operation.id);
  assert.equal(store.operations.queue.find(operation.id).outcome, 'cancelled');
  assert.deepEqual(diary.lines, ['do a', 'undo a']);
});

test('a stop leaves the operation as it is, and the next start carries on', async (t) => {
  const { store, engine } = await openBench(t);
  const diary = new Diary();
  const atWork = gate();
  let isFirst = true;
  const kinds = {
    operationKinds: [fixedPlan([planned('a', 1), planned('b', 2)])],
    stepKinds: [
      diaryStep(diary, {
        'do b': (context) => {
          if (!isFirst) return null;
          isFirst = false;
          atWork.open();
          return untilAborted(context);
        },
      }),
    ],
  };
  const one = engine(kinds);
  one.start();
  const { operation } = await one.enqueue(request('key'));
  await atWork.opened;
  await one.stop();
  assert.equal(store.operations.queue.find(operation.id).state, 'running');
  const two = engine(kinds);
  two.start();
  const events = await followToEnd(two, operation.id);
  assert.equal(store.operations.queue.find(operation.id).outcome, 'succeeded');
  assert.deepEqual(diary.lines, ['do a', 'do b', 'do b']);
  assert.ok(events.some(({ type }) => type === 'resumed'));
});

test('a worker whose lease was taken from it stops and writes nothing more', async (t) => {
  const { store, engine } = await openBench(t);
  const diary = new Diary();
  const atWork = gate();
  const goOn = gate();
  const fences: number[] = [];
  let isFirst = true;
  const kinds = {
    operationKinds: [fixedPlan([planned('a', 1), planned('b', 2)])],
    stepKinds: [
      diaryStep(diary, {
        'do a': async ({ fence }) => {
          fences.push(fence);
          if (!isFirst) return 'from the second worker';
          isFirst = false;
          atWork.open();
          await goOn.opened;
          return 'from the first worker';
        },
      }),
    ],
  };
  // Alive, but it never renews: as if its process had been stopped for a while.
  const sleepy = engine({ ...kinds, settings: { leaseMs: 1_000_000 } });
  sleepy.start();
  const { operation } = await sleepy.enqueue(request('key'));
  await atWork.opened;
  const other = engine(kinds);
  other.start();
  await followToEnd(other, operation.id);
  goOn.open();
  await sleepy.idle();
  assert.equal(store.operations.queue.find(operation.id).outcome, 'succeeded');
  assert.equal(store.operations.queue.steps(operation.id)[0]?.output, 'from the second worker');
  assert.deepEqual(diary.of('do b'), ['do b'], 'the first worker did not go on');
  assert.ok((fences[1] ?? 0) > (fences[0] ?? 0), 'the fence has grown');
});

test('a lease that is renewed is not taken', async (t) => {
  const { engine, store } = await openBench(t);
  const atWork = gate();
  const goOn = gate();
  let executions = 0;
  const kinds = {
    operationKinds: [fixedPlan([planned('a', 1)])],
    stepKinds: [
      diaryStep(new Diary(), {
        'do a': async () => {
          executions += 1;
          atWork.open();
          await goOn.opened;
          return null;
        },
      }),
    ],
  };
  const one = engine(kinds);
  one.start();
  const { operation } = await one.enqueue(request('key'));
  await atWork.opened;
  // The contender's clock runs ahead of every renewal that it does not see.
  const other = engine(kinds);
  other.start();
  await new Promise((resolve) => setTimeout(resolve, 200));
  goOn.open();
  await followToEnd(one, operation.id);
  assert.equal(executions, 1);
  assert.equal(store.operations.queue.find(operation.id).outcome, 'succeeded');
});
