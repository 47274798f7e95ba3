import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { forEachBounded } from './bounded.ts';

describe('forEachBounded', () => {
  it('works on every item and never on more than the limit at once', async () => {
    let working = 0;
    let most = 0;
    const done: number[] = [];
    await forEachBounded(
      Array.from({ length: 50 }, (_, index) => index),
      4,
      new AbortController().signal,
      async (item) => {
        working += 1;
        most = Math.max(most, working);
        await sleep(1);
        working -= 1;
        done.push(item);
      },
    );
    assert.equal(most, 4);
    assert.equal(done.length, 50);
  });

  it('throws the first failure after everything that had begun has ended', async () => {
    let working = 0;
    let begun = 0;
    const run = forEachBounded([1, 2, 3, 4, 5, 6, 7, 8], 3, new AbortController().signal, async (item) => {
      working += 1;
      begun += 1;
      try {
        await sleep(item === 1 ? 1 : 10);
        if (item === 1) throw new Error('first');
        throw new Error('later');
      } finally {
        working -= 1;
      }
    });
    await assert.rejects(run, /first/);
    assert.equal(working, 0);
    assert.equal(begun, 3);
  });

  it('stops taking items when it is aborted', async () => {
    const aborter = new AbortController();
    let begun = 0;
    const run = forEachBounded(Array.from({ length: 100 }), 2, aborter.signal, async () => {
      begun += 1;
      await sleep(1);
      aborter.abort(new Error('enough'));
    });
    await assert.rejects(run, /enough/);
    assert.equal(begun, 2);
  });
});
