import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FailureCode, failureCodes } from '../core/failure-codes.ts';
import { exitCodeOfFailure, exitCodeOfOutcome, exitCodes } from './exit-codes.ts';

test('every failure has an exit code, and none of them says that all is well', () => {
  for (const code of Object.keys(failureCodes)) {
    assert.notEqual(exitCodeOfFailure(code as FailureCode), 0, code);
  }
});

test('a failure that only a newer control plane knows counts as internal', () => {
  assert.equal(exitCodeOfFailure('invented-later' as FailureCode), exitCodes.internal.code);
});

test('each exit code has one meaning', () => {
  const codes = Object.values(exitCodes).map(({ code }) => code);
  assert.equal(new Set(codes).size, codes.length);
});

test('an operation ends with the exit code of its outcome', () => {
  const failure = { code: 'check-failed', message: '', retryable: false } as const;
  assert.equal(exitCodeOfOutcome('deploy', 'succeeded', null), 0);
  assert.equal(exitCodeOfOutcome('deploy', 'failed', failure), 3);
  assert.equal(exitCodeOfOutcome('verify', 'failed', failure), 7);
  assert.equal(exitCodeOfOutcome('promote', 'failed', { ...failure, code: 'not-verified' }), 9);
  assert.equal(exitCodeOfOutcome('deploy', 'rolled-back', failure), 4);
  assert.equal(exitCodeOfOutcome('deploy', 'cancelled', failure), 5);
  assert.equal(exitCodeOfOutcome('deploy', 'incomplete', failure), 6);
});
