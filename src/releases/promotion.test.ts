import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgePromotion, type VerificationFact } from './promotion.ts';

const fact = (kind: VerificationFact['kind'], release: string, order: number) => ({ kind, release, order });

describe('judgePromotion', () => {
  it('lets a release pass that was verified', () => {
    assert.deepEqual(judgePromotion('a', 'staging', [fact('verified', 'a', 1)]), {
      allowed: true,
      reason: 'was verified in staging',
    });
  });

  it('refuses one that was never verified, also when others were', () => {
    for (const facts of [[], [fact('verified', 'b', 1)], [fact('failed', 'a', 1)]])
      assert.deepEqual(judgePromotion('a', 'staging', facts), {
        allowed: false,
        reason: 'was never deployed to staging and verified there',
      });
  });

  it('goes by the newest word, whatever the order of the facts', () => {
    const facts = [fact('failed', 'a', 5), fact('verified', 'a', 3), fact('failed', 'b', 9)];
    assert.equal(judgePromotion('a', 'staging', facts).allowed, false);
    assert.equal(judgePromotion('a', 'staging', [...facts, fact('verified', 'a', 7)]).allowed, true);
  });
});
