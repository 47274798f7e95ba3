import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Visit } from '../../harness/visitor.ts';
import { judgeVisits } from './judge-visits.ts';

const allowed = new Set(['v1', 'v2']);
const answered = (version: string, startedAt = 0): Visit => ({
  startedAt,
  endedAt: startedAt + 5,
  version,
  result: '200',
});
const lost = (result: string, startedAt: number, endedAt: number): Visit => ({
  startedAt,
  endedAt,
  version: null,
  result,
});

test('answers of old and new releases pass, those of any other do not', () => {
  judgeVisits([answered('v1'), answered('v2')], [], allowed);
  assert.throws(() => judgeVisits([answered('v1'), answered('v3')], [], allowed), /1 of 2 visits/);
});

test('what a killed ingress or application had in hand may be lost, what came before or after may not', () => {
  for (const role of ['ingress', 'instance'] as const) {
    const kills = [{ role, at: 1000 }];
    judgeVisits([lost('ECONNRESET', 990, 1001)], kills, allowed);
    assert.throws(() => judgeVisits([lost('ECONNRESET', 800, 900)], kills, allowed));
    assert.throws(() => judgeVisits([lost('502', 1100, 1200)], kills, allowed));
  }
});

test('killing control or agent excuses nothing', () => {
  for (const role of ['control', 'agent'] as const)
    assert.throws(() => judgeVisits([lost('ECONNRESET', 990, 1001)], [{ role, at: 1000 }], allowed));
});

test('a refused connection is never excused, nor is it that nobody visited', () => {
  const kills = [{ role: 'ingress', at: 1000 } as const];
  assert.throws(() => judgeVisits([lost('ECONNREFUSED', 990, 1001)], kills, allowed));
  assert.throws(() => judgeVisits([], kills, allowed), /nobody visited/);
});
