import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestShape } from './request-mix.ts';
import { Tally } from './tally.ts';

const shape: RequestShape = {
  method: 'GET',
  path: '/echo?nonce=a',
  nonce: 'a',
  slow: false,
  fresh: false,
  body: null,
};
const good = { kind: 'good', version: 1 } as const;

test('the longest gap is the longest time without a good answer, whatever else was answered', () => {
  const tally = new Tally(0);
  tally.answered(shape, good, 10, 20);
  tally.answered(shape, { kind: 'lost', reason: 'status 502' }, 30, 40);
  tally.answered(shape, good, 490, 500);
  tally.answered(shape, good, 500, 510);
  assert.equal(tally.result().longestGapMs, 480);
});

test('silence counts until the load ends, and not after', () => {
  const tally = new Tally(0);
  tally.answered(shape, good, 0, 10);
  tally.close(300);
  tally.answered(shape, good, 290, 9000);
  assert.equal(tally.result().longestGapMs, 290);
});

test('latency counts from when a request was due', () => {
  const tally = new Tally(0);
  tally.answered(shape, good, 100, 350);
  assert.equal(tally.result().latencyMs.max, 250);
});

test('lost and wrong are counted apart, with their reasons', () => {
  const tally = new Tally(0);
  tally.answered(shape, { kind: 'lost', reason: 'status 502' }, 0, 1);
  tally.answered(shape, { kind: 'lost', reason: 'status 502' }, 0, 1);
  tally.answered(shape, { kind: 'wrong', reason: 'the answer to another request' }, 0, 1);
  const { lost, wrong, reasons } = tally.result();
  assert.deepEqual({ lost, wrong }, { lost: 2, wrong: 1 });
  assert.deepEqual(reasons, { 'status 502': 2, 'the answer to another request': 1 });
});
