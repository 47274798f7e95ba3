import type { Figure, Goal } from './benchmark.ts';

/** A figure that must not be above a bound, in its unit. */
export function atMost(what: string, figure: Figure | undefined, most: number, unit: string): Goal {
  const reached = numberIn(figure);
  return {
    what,
    wanted: `<= ${most} ${unit}`,
    reached: `${reached} ${unit}`,
    met: reached <= most,
    correctness: false,
  };
}

/** Something that must not happen at all; the run fails when it did. */
export function none(what: string, figure: Figure | undefined): Goal {
  const reached = numberIn(figure);
  return { what, wanted: '0', reached: String(reached), met: reached === 0, correctness: true };
}

/** What is no number meets no goal. */
function numberIn(figure: Figure | undefined): number {
  return typeof figure === 'number' ? figure : Number.NaN;
}
