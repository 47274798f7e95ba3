import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FailedAttempt } from './repeat-policy.ts';
import { RepeatPolicy } from './repeat-policy.ts';

const attempt: FailedAttempt = { how: 'closed', safe: false, reused: false, oneWrite: true };

test('a request that was not sent may always be sent', () => {
  const policy = new RepeatPolicy();
  for (let count = 0; count < 10; count += 1)
    assert.equal(policy.mayRepeat({ ...attempt, how: 'refused' }), true);
});

test('a safe request is repeated once, and for free when a kept connection had been closed under it', () => {
  const policy = new RepeatPolicy();
  const safe = { ...attempt, safe: true };
  assert.equal(policy.mayRepeat({ ...safe, reused: true }), true);
  assert.equal(policy.mayRepeat(safe), true);
  assert.equal(policy.mayRepeat({ ...safe, how: 'failed' }), false);
});

test('a request that changes something is repeated only when nobody can have read it, and not for ever', () => {
  for (const how of ['closed', 'failed'] as const) {
    assert.equal(new RepeatPolicy().mayRepeat({ ...attempt, how }), false);
    assert.equal(new RepeatPolicy().mayRepeat({ ...attempt, how, reused: true }), false);
  }
  assert.equal(new RepeatPolicy().mayRepeat({ ...attempt, how: 'reset', oneWrite: false }), false);
  const policy = new RepeatPolicy();
  const answers = Array.from({ length: 5 }, () => policy.mayRepeat({ ...attempt, how: 'reset' }));
  assert.deepEqual(answers, [true, true, true, false, false]);
});
