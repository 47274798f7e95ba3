import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../core/failure.ts';
import {
  Diary,
  diaryStep,
  fixedPlan,
  followToEnd,
  gate,
  openBench,
  planned,
  request,
  untilAborted,
} from './test-engine.ts';

const threeWaves = [planned('a', 1), planned('switch', 2, { pivot: true }), planned('c', 3)];

for (const [index, { id }] of threeWaves.entries()) {
  test(`a cancel in wave ${index + 1} stops the step at work and takes everything back`, async (t) => {
    const { store, engine } = await openBench(t);
    const diary = new Diary();
    const atWork = gate();
    let compensatedUnderAbort = false;
    const subject = engine({
      operationKinds: [fixedPlan(threeWaves)],
      stepKinds: [
        diaryStep(diary, {
          [`do ${id}`]: (context) => {
            atWork.open();
            return untilAborted(context);
          },
          'undo a': ({ signal }) => {
            compensatedUnderAbort = signal.aborted;
            return null;
          },
        }),
      ],
    });
    subject.start();
    const { operation } = await subject.enqueue(request('key'));
    await atWork.opened;
    subject.cancel(operation.id, 'ada');
    subject.cancel(operation.id, 'ada');
    await followToEnd(subject, operation.id);
    const ended = store.operations.queue.find(operation.id);
    assert.equal(ended.outcome, 'cancelled');
    assert.equal(ended.failure?.message, 'Cancelled by ada.');
    const names = threeWaves.slice(0, index + 1).map((step) => step.id);
    assert.deepEqual(diary.lines, [
      ...names.map((name) => `do ${name}`),
      ...names.toReversed().map((name) => `undo ${name}`),
    ]);
    assert.equal(compensatedUnderAbort, false);
    assert.equal(subject.cancel(operation.id, 'eve').outcome, 'cancelled', 'asking again is no error');
  });
}

test('a step that finishes in spite of the cancel is taken back as well', async (t) => {
  const { store, engine } = await openBench(t);
  const diary = new Diary();
  const atWork = gate();
  const goOn = gate();
  const subject = engine({
    operationKinds: [fixedPlan([planned('deaf', 1)])],
    stepKinds: [
      diaryStep(diary, {
        'do deaf': async () => {
          atWork.open();
          await goOn.opened;
          return null;
        },
      }),
    ],
  });
  subject.start();
  const { operation } = await subject.enqueue(request('key'));
  await atWork.opened;
  subject.cancel(operation.id, 'ada');
  goOn.open();
  await followToEnd(subject, operation.id);
  assert.equal(store.operations.queue.find(operation.id).outcome, 'cancelled');
  assert.deepEqual(diary.lines, ['do deaf', 'undo deaf']);
});

test('a cancel while it is being prepared ends it with nothing to take back', async (t) => {
  const { store, engine } = await openBench(t);
  const atWork = gate();
  const subject = engine({
    operationKinds: [
      fixedPlan([], {
        prepare: (context) => {
          atWork.open();
          return untilAborted(context);
        },
      }),
    ],
  });
  subject.start();
  const { operation } = await subject.enqueue(request('key'));
  await atWork.opened;
  subject.cancel(operation.id, 'ada');
  await followToEnd(subject, operation.id);
  assert.equal(store.operations.queue.find(operation.id).outcome, 'cancelled');
});

test('an operation cancelled in the queue ends at once, and its hook is called', async (t) => {
  const { store, engine } = await openBench(t);
  const first = gate();
  const told: string[] = [];
  const subject = engine({
    operationKinds: [
      fixedPlan([], {
        prepare: async () => {
          await first.opened;
          return { summary: '', steps: [], facts: null };
        },
        finished: async ({ id, outcome }) => void told.push(`${id} ${outcome}`),
      }),
    ],
  });
  subject.start();
  const { operation: running } = await subject.enqueue(request('one'));
  const { operation: waiting } = await subject.enqueue(request('two'));
  assert.equal(subject.cancel(waiting.id, 'ada').outcome, 'cancelled');
  await followToEnd(subject, waiting.id);
  first.open();
  await followToEnd(subject, running.id);
  await subject.idle();
  assert.deepEqual(told.toSorted(), [`${running.id} succeeded`, `${waiting.id} cancelled`].toSorted());
  assert.deepEqual(store.operations.queue.unrecorded(), []);
});

test('once the commit has begun a cancel is refused, and the operation goes on to its end', async (t) => {
  const { store, engine } = await openBench(t);
  const diary = new Diary();
  const atWork = gate();
  const goOn = gate();
  const subject = engine({
    operationKinds: [
      fixedPlan([
        planned('switch', 1, { pivot: true }),
        planned('commit', 2, { commit: true }),
        planned('prune', 3, { onFailure: 'warn' }),
      ]),
    ],
    stepKinds: [
      diaryStep(diary, {
        'do commit': async () => {
          atWork.open();
          await goOn.opened;
          return null;
        },
      }),
    ],
  });
  subject.start();
  const { operation } = await subject.enqueue(request('key'));
  await atWork.opened;
  assert.throws(() => subject.cancel(operation.id, 'ada'), {
    code: 'conflict',
    message: /can no longer be cancelled/,
  });
  goOn.open();
  await followToEnd(subject, operation.id);
  assert.equal(store.operations.queue.find(operation.id).outcome, 'succeeded');
  assert.throws(() => subject.cancel(operation.id, 'ada'), {
    code: 'conflict',
    message: /ended already: succeeded/,
  });
  assert.deepEqual(diary.lines, ['do switch', 'do commit', 'do prune']);
});

test('a commit that fails is taken back like any other step', async (t) => {
  const { store, engine } = await openBench(t);
  const diary = new Diary();
  const subject = engine({
    operationKinds: [fixedPlan([planned('a', 1), planned('commit', 2, { commit: true })])],
    stepKinds: [
      diaryStep(diary, {
        'do commit': () => {
          throw new Failure('disk-full', 'No.');
        },
      }),
    ],
  });
  subject.start();
  const { operation } = await subject.enqueue(request('key'));
  await followToEnd(subject, operation.id);
  assert.equal(store.operations.queue.find(operation.id).outcome, 'failed');
  assert.deepEqual(diary.of('undo'), ['undo commit', 'undo a']);
});

test('what fails and is being taken back cannot be cancelled, and an unknown operation is said to be unknown', async (t) => {
  const { engine } = await openBench(t);
  const atWork = gate();
  const goOn = gate();
  const subject = engine({
    operationKinds: [fixedPlan([planned('a', 1)])],
    stepKinds: [
      diaryStep(new Diary(), {
        'do a': () => {
          throw new Failure('check-failed', 'No.');
        },
        'undo a': async () => {
          atWork.open();
          await goOn.opened;
          return null;
        },
      }),
    ],
  });
  subject.start();
  const { operation } = await subject.enqueue(request('key'));
  await atWork.opened;
  assert.throws(() => subject.cancel(operation.id, 'ada'), {
    code: 'conflict',
    message: /taken back already/,
  });
  goOn.open();
  await followToEnd(subject, operation.id);
  assert.throws(() => subject.cancel('unheard-of', 'ada'), { code: 'not-found' });
});
