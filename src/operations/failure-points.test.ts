import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Failure } from '../core/failure.ts';
import { failurePointNames } from './failure-points.ts';
import {
  CrashPoint,
  Diary,
  diaryStep,
  fixedPlan,
  followToEnd,
  openBench,
  planned,
  request,
} from './test-engine.ts';

const killer = pathToFileURL(`${import.meta.dirname}/kill-at-failure-point.ts`).href;

function reach(specification: string, points: readonly string[]): { signal: string | null; output: string } {
  const script = `
    import { killAtFailurePoint } from ${JSON.stringify(killer)};
    const points = killAtFailurePoint(${JSON.stringify(specification)});
    for (const name of ${JSON.stringify(points)}) {
      await points.reached(name);
      process.stdout.write(name + '\\n');
    }`;
  const { signal, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  });
  return { signal, output: stdout };
}

test('the process ends by SIGKILL the n-th time it comes by the point', () => {
  assert.deepEqual(reach('plan.stored', ['plan.made', 'plan.stored', 'after']), {
    signal: 'SIGKILL',
    output: 'plan.made\n',
  });
  assert.deepEqual(reach('a@2', ['a', 'b', 'a', 'after']), { signal: 'SIGKILL', output: 'a\nb\n' });
  assert.deepEqual(reach('elsewhere', ['a']), { signal: null, output: 'a\n' });
});

test('an operation that succeeds and one that is taken back come by every named point, and by no other', async (t) => {
  const { engine } = await openBench(t);
  const points = new CrashPoint(() => false);
  let isFailing = false;
  const subject = engine({
    operationKinds: [fixedPlan([planned('a', 1), planned('b', 2)])],
    stepKinds: [
      diaryStep(new Diary(), {
        'do b': () => {
          if (isFailing) throw new Failure('check-failed', 'No.');
          return null;
        },
      }),
    ],
    failurePoints: points,
  });
  subject.start();
  for (const key of ['good', 'bad']) {
    const { operation } = await subject.enqueue(request(key));
    await followToEnd(subject, operation.id);
    isFailing = true;
  }
  await subject.idle();
  assert.deepEqual([...new Set(points.seen)].sort(), [...failurePointNames(['diary'])].sort());
});
