/** What is known of one release in the environment that it must be promoted from; `order` grows with time. */
export interface VerificationFact {
  /** `verified`: deployed there, and every check passed; `failed`: a check failed, then or later. */
  readonly kind: 'verified' | 'failed';
  readonly release: string;
  readonly order: number;
}

export interface PromotionVerdict {
  readonly allowed: boolean;
  /** Completes "Release … ": why it may, or may not, be promoted. */
  readonly reason: string;
}

/**
 * A release may be promoted when this very digest was deployed to `from` and passed its checks there, and none failed
 * since. Facts of other releases count for nothing, however alike they are.
 */
export function judgePromotion(
  release: string,
  from: string,
  facts: readonly VerificationFact[],
): PromotionVerdict {
  const own = facts.filter((fact) => fact.release === release);
  if (!own.some(({ kind }) => kind === 'verified'))
    return { allowed: false, reason: `was never deployed to ${from} and verified there` };
  const last = own.reduce((newest, fact) => (fact.order > newest.order ? fact : newest));
  return last.kind === 'verified'
    ? { allowed: true, reason: `was verified in ${from}` }
    : { allowed: false, reason: `failed its last verification in ${from}` };
}
