export interface RetainableRelease {
  readonly digest: string;
  /** Counts up in the app. */
  readonly number: number;
}

export interface RetentionPolicy {
  /** So many of the newest releases stay, and so many of those last deployed to each environment; at least 1. */
  readonly keep: number;
  /** Digests of what serves, or of what a rollback would return to. They stay whatever their age. */
  readonly inUse: readonly string[];
  /** For each environment the releases deployed to it, newest deployment first; one may be named more than once. */
  readonly deployed?: Readonly<Record<string, readonly string[]>>;
}

export interface RetentionPlan<R> {
  readonly keep: readonly { readonly release: R; readonly reasons: readonly string[] }[];
  readonly remove: readonly R[];
}

/**
 * Which releases of one app stay, and why; newest first. What any environment needs stays, so that cleaning up
 * after one never takes the way back from another.
 */
export function planRetention<R extends RetainableRelease>(
  releases: readonly R[],
  policy: RetentionPolicy,
): RetentionPlan<R> {
  const count = Math.max(1, policy.keep);
  const sorted = [...releases].sort((a, b) => b.number - a.number);
  const reasons = new Map<string, string[]>();
  const note = (digest: string, reason: string): void => {
    reasons.set(digest, [...(reasons.get(digest) ?? []), reason]);
  };
  for (const digest of new Set(policy.inUse)) note(digest, 'in use');
  for (const { digest } of sorted.slice(0, count)) note(digest, `one of the newest ${count}`);
  for (const [environment, digests] of Object.entries(policy.deployed ?? {})) {
    for (const digest of [...new Set(digests)].slice(0, count))
      note(digest, `one of the last ${count} in ${environment}`);
  }
  return {
    keep: sorted.flatMap((release) => {
      const why = reasons.get(release.digest);
      return why === undefined ? [] : [{ release, reasons: why }];
    }),
    remove: sorted.filter(({ digest }) => !reasons.has(digest)),
  };
}
