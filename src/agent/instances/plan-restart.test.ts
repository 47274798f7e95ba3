import assert from 'node:assert/strict';
import test from 'node:test';
import { type EndedRun, planRestart } from './plan-restart.ts';

const ended = (changes: Partial<EndedRun>): EndedRun => ({
  policy: 'always',
  maxDelayMs: 60_000,
  code: 1,
  uptimeMs: 50,
  wasReady: false,
  everReady: false,
  failures: 0,
  ...changes,
});

test('the policy decides whether an instance that ended is started again', () => {
  assert.equal(planRestart(ended({ policy: 'never' })).action, 'stay-down');
  assert.equal(planRestart(ended({ policy: 'on-failure', code: 0 })).action, 'stay-down');
  assert.equal(planRestart(ended({ policy: 'on-failure', code: 1 })).action, 'restart');
  assert.equal(planRestart(ended({ policy: 'on-failure', code: null })).action, 'restart');
  assert.equal(planRestart(ended({ policy: 'always', code: 0 })).action, 'restart');
});

test('the first restart comes at once, the next ones ever later up to the bound', () => {
  const delays: number[] = [];
  let failures = 0;
  for (let exit = 0; exit < 12; exit += 1) {
    const plan = planRestart(ended({ failures, everReady: true, maxDelayMs: 20_000 }));
    assert.ok(plan.action === 'restart');
    failures = plan.failures;
    delays.push(plan.delayMs);
  }
  assert.deepEqual(delays.slice(0, 5), [100, 500, 1000, 2000, 4000]);
  assert.equal(delays.at(-1), 20_000);
});

test('a run that was ready for a minute ends the row of failures', () => {
  const plan = planRestart(ended({ failures: 9, everReady: true, wasReady: true, uptimeMs: 60_000 }));
  assert.deepEqual(plan, { action: 'restart', delayMs: 100, state: 'backing-off', failures: 1 });
});

test('five exits in a row without ever having been ready are a crash loop, tried slowly', () => {
  const fourth = planRestart(ended({ failures: 3 }));
  const fifth = planRestart(ended({ failures: 4 }));
  assert.equal(fourth.action === 'restart' && fourth.state, 'backing-off');
  assert.deepEqual(fifth, { action: 'restart', delayMs: 60_000, state: 'crash-loop', failures: 5 });
});

test('an instance that was ready once backs off and is not called a crash loop', () => {
  const plan = planRestart(ended({ failures: 8, everReady: true }));
  assert.equal(plan.action === 'restart' && plan.state, 'backing-off');
});
