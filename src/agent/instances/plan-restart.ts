export interface EndedRun {
  readonly policy: 'always' | 'on-failure' | 'never';
  readonly maxDelayMs: number;
  /** Null when it ended by a signal or unseen. */
  readonly code: number | null;
  readonly uptimeMs: number;
  /** Whether this run was ever able to do its work. */
  readonly wasReady: boolean;
  /** Whether any run of the instance ever was. */
  readonly everReady: boolean;
  /** Exits in a row before this one without a stable run between them. */
  readonly failures: number;
}

export type RestartPlan =
  | { readonly action: 'stay-down' }
  | {
      readonly action: 'restart';
      readonly delayMs: number;
      readonly state: 'backing-off' | 'crash-loop';
      readonly failures: number;
    };

/** A run that lived so long was stable: what ends it is news, not the same failure again. */
const stableMs = 60_000;
const firstDelayMs = 100;
const secondDelayMs = 500;
/** So many exits in a row without ever having been ready, and it will not be cured by trying faster. */
const crashLoopFailures = 5;

/** What to do when the main process of an instance has ended by itself. */
export function planRestart(ended: EndedRun): RestartPlan {
  if (ended.policy === 'never') return { action: 'stay-down' };
  if (ended.policy === 'on-failure' && ended.code === 0) return { action: 'stay-down' };
  const failures = (ended.wasReady && ended.uptimeMs >= stableMs ? 0 : ended.failures) + 1;
  if (failures >= crashLoopFailures && !ended.everReady) {
    return { action: 'restart', delayMs: ended.maxDelayMs, state: 'crash-loop', failures };
  }
  // The first one at once: most instances that end after a long time are well again after a restart.
  const wanted = failures === 1 ? firstDelayMs : secondDelayMs * 2 ** Math.min(failures - 2, 20);
  return { action: 'restart', delayMs: Math.min(wanted, ended.maxDelayMs), state: 'backing-off', failures };
}
