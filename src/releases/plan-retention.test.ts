import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { planRetention } from './plan-retention.ts';

const releases = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ digest: `d${index + 1}`, number: index + 1 }));

describe('planRetention', () => {
  it('keeps the newest and removes the rest', () => {
    const plan = planRetention(releases(5), { keep: 2, inUse: [] });
    assert.deepEqual(
      plan.keep.map(({ release }) => release.number),
      [5, 4],
    );
    assert.deepEqual(
      plan.remove.map(({ number }) => number),
      [3, 2, 1],
    );
  });

  it('keeps what is in use whatever its age, and says why', () => {
    const plan = planRetention(releases(5), { keep: 1, inUse: ['d1', 'd5', 'd1'] });
    assert.deepEqual(
      plan.keep.map(({ release, reasons }) => [release.number, ...reasons]),
      [
        [5, 'in use', 'one of the newest 1'],
        [1, 'in use'],
      ],
    );
  });

  it('keeps the last ones of each environment, so that many builds for staging take no way back from production', () => {
    const deployed = { staging: ['d9', 'd9', 'd8', 'd7'], production: ['d3', 'd2', 'd3', 'd1'] };
    const plan = planRetention(releases(9), { keep: 2, inUse: [], deployed });
    assert.deepEqual(
      plan.keep.map(({ release }) => release.number),
      [9, 8, 3, 2],
    );
  });

  it('never removes the newest or one in use, and loses none, whatever the policy', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.integer({ min: -3, max: 30 }), fc.array(fc.nat(25)), (count, keep, used) => {
        const all = releases(count);
        const inUse = used.map((number) => `d${number}`);
        const plan = planRetention(all, { keep, inUse });
        const removed = new Set(plan.remove.map(({ digest }) => digest));
        assert.equal(plan.keep.length + plan.remove.length, count);
        assert.ok(!removed.has(`d${count}`));
        assert.ok(!inUse.some((digest) => removed.has(digest)));
        assert.ok(plan.keep.every(({ reasons }) => reasons.length > 0));
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});
