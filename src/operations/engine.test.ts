import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../core/failure.ts';
import type { OperationEvent } from './events.ts';
import type { FinishedOperation } from './step.ts';
import {
  carryOut,
  Diary,
  diaryStep,
  fixedPlan,
  followToEnd,
  gate,
  integrityOf,
  openBench,
  planned,
  request,
} from './test-engine.ts';

const typesOf = (events: readonly OperationEvent[]): string[] => events.map(({ type }) => type);

test('an operation is prepared, planned and carried out wave by wave', async (t) => {
  const { store, engine, path } = await openBench(t);
  const diary = new Diary();
  const both = [gate(), gate()] as const;
  const subject = engine({
    operationKinds: [fixedPlan([planned('last', 3), planned('a', 1), planned('b', 1), planned('middle', 2)])],
    stepKinds: [
      diaryStep(diary, {
        'do a': async () => {
          both[0].open();
          await both[1].opened;
          return 'a done';
        },
        'do b': async () => {
          both[1].open();
          await both[0].opened;
          return null;
        },
      }),
    ],
  });
  subject.start();
  const ended = await carryOut(subject, store);
  assert.equal(ended.outcome, 'succeeded');
  assert.equal(ended.state, 'finished');
  assert.deepEqual(diary.lines.slice(2), ['do middle', 'do last']);
  assert.deepEqual(typesOf(ended.events).slice(0, 3), ['accepted', 'preparing', 'planned']);
  assert.equal(ended.events.at(-1)?.type, 'finished');
  assert.deepEqual(
    ended.events.map(({ seq }) => seq),
    ended.events.map((_, index) => index + 1),
  );
  const steps = store.operations.queue.steps(ended.id);
  assert.deepEqual(
    steps.map(({ id, state, attempt }) => [id, state, attempt]),
    [
      ['last', 'done', 1],
      ['a', 'done', 1],
      ['b', 'done', 1],
      ['middle', 'done', 1],
    ],
  );
  assert.equal(integrityOf(path), 'ok');
});

test('operations of one environment run one after the other in the order they came', async (t) => {
  const { store, engine } = await openBench(t);
  const order: string[] = [];
  const first = gate();
  const subject = engine({
    operationKinds: [
      fixedPlan([], {
        prepare: async ({ operation }) => {
          order.push(`begin ${operation.id}`);
          if (order.length === 1) await first.opened;
          order.push(`end ${operation.id}`);
          return { summary: 'Nothing', steps: [], facts: null };
        },
      }),
    ],
  });
  subject.start();
  const ids: string[] = [];
  for (const key of ['one', 'two', 'three']) ids.push((await subject.enqueue(request(key))).operation.id);
  const elsewhere = await carryOut(subject, store, request('other', 'shop/production'));
  assert.equal(elsewhere.outcome, 'succeeded', 'another environment does not wait');
  first.open();
  await Promise.all(ids.map((id) => followToEnd(subject, id)));
  assert.deepEqual(
    order.filter((line) => !line.includes(elsewhere.id)),
    ids.flatMap((id) => [`begin ${id}`, `end ${id}`]),
  );
  const behind = store.operations.events
    .read(ids[2] ?? '', 0, 10)
    .find(({ type }) => type === 'queued-behind');
  assert.deepEqual(behind?.data, { operation: ids[0], ahead: 2 });
});

test('the same idempotency key answers with the same operation, and refuses another request', async (t) => {
  const { engine } = await openBench(t);
  const subject = engine({ operationKinds: [fixedPlan([])] });
  const first = await subject.enqueue(request('key', 'shop/staging', { b: 1, a: 2 }));
  const again = await subject.enqueue(request('key', 'shop/staging', { a: 2, b: 1 }));
  assert.equal(first.created, true);
  assert.equal(again.created, false);
  assert.equal(again.operation.id, first.operation.id);
  await assert.rejects(subject.enqueue(request('key', 'shop/staging', { a: 3 })), { code: 'conflict' });
  await assert.rejects(subject.enqueue({ ...request('x'), kind: 'unheard-of' }), { code: 'usage-invalid' });
});

test('when a step fails, what was done is taken back, the latest first', async (t) => {
  const { store, engine } = await openBench(t);
  const diary = new Diary();
  const subject = engine({
    operationKinds: [fixedPlan([planned('a', 1), planned('b', 2), planned('c', 3), planned('never', 4)])],
    stepKinds: [
      diaryStep(diary, {
        'do c': () => {
          throw new Failure('check-failed', 'The check said no.', { hint: 'Ask again.' });
        },
      }),
    ],
  });
  subject.start();
  const ended = await carryOut(subject, store);
  assert.equal(ended.outcome, 'failed');
  assert.deepEqual(ended.failure, {
    code: 'check-failed',
    message: 'The check said no.',
    hint: 'Ask again.',
    retryable: false,
  });
  assert.deepEqual(diary.lines, ['do a', 'do b', 'do c', 'undo c', 'undo b', 'undo a']);
  assert.deepEqual(
    store.operations.queue.steps(ended.id).map(({ state }) => state),
    ['compensated', 'compensated', 'compensated', 'skipped'],
  );
});

test('a step that takes back only what is unfinished keeps what was seen to be done', async (t) => {
  const { store, engine } = await openBench(t);
  const diary = new Diary();
  const step = diaryStep(diary, {
    'do b': () => {
      throw new Failure('command-failed', 'It ended with code 1.');
    },
  });
  const subject = engine({
    operationKinds: [fixedPlan([planned('a', 1), planned('b', 2)])],
    stepKinds: [{ ...step, compensateWhen: 'unfinished' }],
  });
  subject.start();
  const ended = await carryOut(subject, store);
  assert.deepEqual(diary.lines, ['do a', 'do b', 'undo b']);
  assert.deepEqual(
    store.operations.queue.steps(ended.id).map(({ state }) => state),
    ['done', 'compensated'],
  );
});

test('a failure after the switch ends as rolled back', async (t) => {
  const { store, engine } = await openBench(t);
  const subject = engine({
    operationKinds: [
      fixedPlan([planned('start', 1), planned('switch', 2, { pivot: true }), planned('watch', 3)]),
    ],
    stepKinds: [
      diaryStep(new Diary(), {
        'do watch': () => {
          throw new Failure('watch-failed', 'Slower than before.');
        },
      }),
    ],
  });
  subject.start();
  assert.equal((await carryOut(subject, store)).outcome, 'rolled-back');
});

test('a failing switch that can tell that it did not happen ends as failed', async (t) => {
  const { store, engine } = await openBench(t);
  const subject = engine({
    operationKinds: [fixedPlan([planned('switch', 1, { pivot: true })])],
    stepKinds: [
      {
        kind: 'diary',
        execute: () => Promise.reject(new Failure('port-taken', 'No.')),
        verify: () => Promise.resolve({ done: false }),
        compensate: () => Promise.resolve(),
      },
    ],
  });
  subject.start();
  assert.equal((await carryOut(subject, store)).outcome, 'failed');
});

test('a failing step stops the others of its wave', async (t) => {
  const { store, engine } = await openBench(t);
  const subject = engine({
    operationKinds: [fixedPlan([planned('fails', 1), planned('waits', 1)])],
    stepKinds: [
      diaryStep(new Diary(), {
        'do fails': () => {
          throw new Failure('instance-exited', 'It ended.');
        },
        'do waits': ({ signal }) =>
          new Promise((_resolve, reject) => {
            const give = (): void => reject(new Error('stopped'));
            if (signal.aborted) give();
            else signal.addEventListener('abort', give);
          }),
      }),
    ],
  });
  subject.start();
  const ended = await carryOut(subject, store);
  assert.equal(ended.failure?.code, 'instance-exited');
  const waits = store.operations.queue.steps(ended.id).find(({ id }) => id === 'waits');
  assert.equal(waits?.failure?.message, 'Stopped because "Do fails" failed.');
});

test('a step whose failure is a warning does not change the outcome', async (t) => {
  const { store, engine } = await openBench(t);
  const subject = engine({
    operationKinds: [
      fixedPlan([planned('commit', 1, { commit: true }), planned('prune', 2, { onFailure: 'warn' })]),
    ],
    stepKinds: [
      diaryStep(new Diary(), {
        'do prune': () => {
          throw new Failure('host-unreachable', 'Gone.');
        },
      }),
    ],
  });
  subject.start();
  const ended = await carryOut(subject, store);
  assert.equal(ended.outcome, 'succeeded');
  assert.deepEqual(ended.events.find(({ type }) => type === 'step-failed')?.data, {
    step: 'prune',
    failure: { code: 'host-unreachable', message: 'Gone.', retryable: false },
    then: 'warn',
  });
});

test('an operation whose last word fails did not succeed, although nothing can be taken back', async (t) => {
  const { store, engine } = await openBench(t);
  const diary = new Diary();
  const subject = engine({
    operationKinds: [
      fixedPlan([
        planned('routes', 1, { commit: true, onFailure: 'warn' }),
        planned('remove', 2, { onFailure: 'warn' }),
        planned('record', 3, { commit: true, onFailure: 'warn' }),
      ]),
    ],
    stepKinds: [
      diaryStep(diary, {
        'do record': () => {
          throw new Failure('conflict', 'It is still there.');
        },
      }),
    ],
  });
  subject.start();
  const ended = await carryOut(subject, store);
  assert.equal(ended.outcome, 'incomplete');
  assert.equal(ended.failure?.message, 'It is still there.');
  assert.deepEqual(diary.lines, ['do routes', 'do remove', 'do record']);
});

test('a retryable failure is tried again, asking first whether it happened after all', async (t) => {
  const { store, engine } = await openBench(t);
  const calls: string[] = [];
  const unreachable = new Failure('host-unreachable', 'No answer.', { retryable: true });
  const subject = engine({
    operationKinds: [fixedPlan([planned('a', 1)])],
    stepKinds: [
      {
        kind: 'diary',
        execute: () => {
          calls.push('execute');
          return Promise.reject(unreachable);
        },
        verify: () => {
          calls.push('verify');
          if (calls.length < 4) return Promise.resolve({ done: false });
          return Promise.resolve({ done: true, output: 'it had' });
        },
      },
    ],
  });
  subject.start();
  const ended = await carryOut(subject, store);
  assert.equal(ended.outcome, 'succeeded');
  assert.deepEqual(calls, ['execute', 'verify', 'execute', 'verify']);
  assert.equal(store.operations.queue.steps(ended.id)[0]?.output, 'it had');
});

test('a compensation that keeps failing makes the outcome incomplete and says at what', async (t) => {
  const { store, engine } = await openBench(t);
  const diary = new Diary();
  const subject = engine({
    operationKinds: [fixedPlan([planned('a', 1), planned('b', 2), planned('c', 3)])],
    stepKinds: [
      diaryStep(diary, {
        'do c': () => {
          throw new Failure('check-failed', 'No.');
        },
        'undo b': () => {
          throw new Failure('host-unreachable', 'web-1 does not answer.', { retryable: true });
        },
      }),
    ],
  });
  subject.start();
  const ended = await carryOut(subject, store);
  assert.equal(ended.outcome, 'incomplete');
  assert.match(ended.failure?.message ?? '', /No\..*"Do b" \(web-1 does not answer\.\)/);
  assert.equal(diary.of('undo b').length, 4, 'once and three more times');
  assert.deepEqual(
    diary.lines.at(-1),
    'undo a',
    'nothing that serves was changed, so the rest is taken back',
  );
});

test('while what serves is not put back, a failing compensation stops the rest', async (t) => {
  const { store, engine } = await openBench(t);
  const diary = new Diary();
  const subject = engine({
    operationKinds: [
      fixedPlan([planned('start', 1), planned('switch', 2, { pivot: true }), planned('check', 3)]),
    ],
    stepKinds: [
      diaryStep(diary, {
        'do check': () => {
          throw new Failure('check-failed', 'No.');
        },
        'undo switch': () => {
          throw new Failure('internal', 'Cannot.');
        },
      }),
    ],
  });
  subject.start();
  assert.equal((await carryOut(subject, store)).outcome, 'incomplete');
  assert.deepEqual(diary.of('undo start'), [], 'the new instances serve, so they are not stopped');
});

test('an operation whose preparation fails has changed nothing and says why', async (t) => {
  const { store, engine } = await openBench(t);
  const subject = engine({
    operationKinds: [
      fixedPlan([], { prepare: () => Promise.reject(new Failure('build-failed', 'npm ended with 1.')) }),
    ],
  });
  subject.start();
  const ended = await carryOut(subject, store);
  assert.equal(ended.outcome, 'failed');
  assert.equal(ended.failure?.code, 'build-failed');
  assert.equal(ended.plan, null);
});

test('a bug in a step ends the operation truthfully and keeps its stack', async (t) => {
  const { store, engine, bugs } = await openBench(t);
  const bug = new TypeError('undefined is not a function');
  const subject = engine({
    operationKinds: [fixedPlan([planned('a', 1)])],
    stepKinds: [
      diaryStep(new Diary(), {
        'do a': () => {
          throw bug;
        },
      }),
    ],
  });
  subject.start();
  const ended = await carryOut(subject, store);
  assert.equal(ended.outcome, 'failed');
  assert.equal(ended.failure?.code, 'internal');
  assert.deepEqual(bugs, [bug]);
});

test('what is recorded of an ended operation is there before its last event is told', async (t) => {
  const { store, engine } = await openBench(t);
  const told: FinishedOperation[] = [];
  const subject = engine({
    operationKinds: [
      fixedPlan([planned('a', 1)], {
        finished: async (operation) => {
          told.push(operation);
          assert.notEqual(store.operations.queue.get(operation.id)?.state, 'finished');
        },
      }),
    ],
    stepKinds: [diaryStep(new Diary(), { 'do a': () => ({ port: 4711 }) })],
  });
  subject.start();
  const ended = await carryOut(subject, store);
  assert.equal(told.length, 1);
  assert.equal(told[0]?.outcome, 'succeeded');
  assert.deepEqual(told[0]?.outputs, { a: { port: 4711 } });
  assert.equal(told[0]?.id, ended.id);
});

test('bookkeeping that keeps failing is told and does not hold the environment for ever', async (t) => {
  const { store, engine, bugs } = await openBench(t);
  const subject = engine({
    operationKinds: [fixedPlan([], { finished: () => Promise.reject(new Error('bookkeeping')) })],
  });
  subject.start();
  assert.equal((await carryOut(subject, store)).outcome, 'succeeded');
  assert.equal(bugs.length, 4);
});

test('a plan that could not be carried out as promised is refused before anything is done', async (t) => {
  const { store, engine } = await openBench(t);
  const diary = new Diary();
  const plans = [
    [planned('a', 1), planned('a', 2)],
    [planned('a', 1, { kind: 'unheard-of' })],
    [planned('commit', 1, { commit: true }), planned('later', 2)],
    [planned('switch', 1, { pivot: true, onFailure: 'warn' })],
  ];
  for (const [index, steps] of plans.entries()) {
    const subject = engine({ operationKinds: [fixedPlan(steps)], stepKinds: [diaryStep(diary)] });
    subject.start();
    const ended = await carryOut(subject, store, request(`plan ${index}`));
    assert.equal(ended.outcome, 'failed');
    assert.equal(ended.failure?.code, 'internal');
    await subject.stop();
  }
  assert.deepEqual(diary.lines, []);
});

test('a follower that comes back gets exactly the events that it has not seen', async (t) => {
  const { store, engine } = await openBench(t);
  const middle = gate();
  const subject = engine({
    operationKinds: [fixedPlan([planned('a', 1), planned('b', 2)])],
    stepKinds: [
      diaryStep(new Diary(), {
        'do b': async ({ emit }) => {
          emit({ type: 'output', text: 'one line' });
          await middle.opened;
          return null;
        },
      }),
    ],
  });
  subject.start();
  const { operation } = await subject.enqueue(request('key'));
  const before: OperationEvent[] = [];
  const leave = new AbortController();
  for await (const event of subject.follow(operation.id, 0, leave.signal)) {
    before.push(event);
    if (event.type === 'step-progress') leave.abort();
  }
  middle.open();
  const after: OperationEvent[] = [];
  const last = before.at(-1)?.seq ?? 0;
  for await (const event of subject.follow(operation.id.slice(0, 6), last, AbortSignal.timeout(20_000))) {
    after.push(event);
  }
  assert.deepEqual([...before, ...after], store.operations.events.read(operation.id, 0, 1000));
  assert.equal(after.at(-1)?.type, 'finished');
  const nothing: OperationEvent[] = [];
  const end = after.at(-1)?.seq ?? 0;
  for await (const event of subject.follow(operation.id, end, AbortSignal.timeout(20_000)))
    nothing.push(event);
  assert.deepEqual(nothing, []);
  await assert.rejects(followToEnd(subject, 'unheard-of'), { code: 'not-found' });
});
