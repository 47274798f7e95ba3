export interface SlotQuestion {
  readonly now: number;
  /** The last slot that was run or given up. */
  readonly lastSlot: number;
  /** The first time of the schedule after an instant, or null when there is none. */
  readonly next: (after: number) => number | null;
}

export type SlotPlan =
  | { readonly action: 'wait'; readonly nextAt: number | null }
  | { readonly action: 'run'; readonly slot: number }
  /** The time passed while nothing could run it, too long ago to be worth catching up. */
  | { readonly action: 'give-up'; readonly slot: number }
  /** The clock had been ahead by so much that waiting for it to come round again would stop the job. */
  | { readonly action: 'clock-was-ahead' };

/** A slot that was missed by no more than this is run once, late. */
const catchUpMs = 3_600_000;
/** More than any change of the clock that an operator makes on purpose, and any daylight saving. */
const clockJumpMs = 25 * 3_600_000;

/**
 * What a schedule asks for now. Each slot is run at most once, also when the clock is set back; of several that are
 * due only the last is run.
 */
export function planSlot({ now, lastSlot, next }: SlotQuestion): SlotPlan {
  if (lastSlot > now + clockJumpMs) return { action: 'clock-was-ahead' };
  let due: number | undefined;
  let slot = next(Math.max(lastSlot, now - catchUpMs));
  while (slot !== null && slot <= now) {
    due = slot;
    slot = next(slot);
  }
  if (due !== undefined) return { action: 'run', slot: due };
  const missed = next(lastSlot);
  if (missed !== null && missed <= now) return { action: 'give-up', slot: missed };
  return { action: 'wait', nextAt: slot };
}
