import { type Clock, instant, millis } from '../core/units.ts';

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => instant(Date.now()),
  monotonic: () => millis(performance.now()),
};
