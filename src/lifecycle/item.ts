import type { Millis } from '../core/units.ts';
import type { LifecycleFacts } from './facts.ts';

export const sections = {
  A: 'A. Preparation',
  B: 'B. Initial deployment',
  C: 'C. Training and support',
  D: 'D. Monitoring and tuning',
  E: 'E. Maintenance and updates',
  F: 'F. New features',
  G: 'G. Disaster recovery',
  H: 'H. End of life',
} as const;

export type Section = keyof typeof sections;

export interface Verdict {
  readonly state: 'pass' | 'fail' | 'stale' | 'unknown';
  /** What was seen, for a person: `guestbook/staging went back to r3 in 2.1s`. */
  readonly reason: string;
  /** What to do about it: a sentence, with the command where there is one. */
  readonly next: string | null;
  /** When the evidence it rests on was recorded; the oldest where it rests on several. Null: on none. */
  readonly judgedFrom: number | null;
}

/** Judges from facts alone: no I/O, no clock. */
export type Judge = (facts: LifecycleFacts) => Verdict;

/** One line of the checklist. */
export interface LifecycleItem {
  /** Its section's letter and a number: `B3`. */
  readonly id: string;
  readonly section: Section;
  /** What holds when it passes. */
  readonly title: string;
  /** How long evidence holds when nothing changes; null: until something changes, which its judge notices. */
  readonly staleAfter: Millis | null;
  readonly judge: Judge;
}

export const pass = (reason: string, judgedFrom: number | null): Verdict => ({
  state: 'pass',
  reason,
  next: null,
  judgedFrom,
});

export const fail = (reason: string, next: string | null, judgedFrom: number | null): Verdict => ({
  state: 'fail',
  reason,
  next,
  judgedFrom,
});

export const stale = (reason: string, next: string | null, judgedFrom: number | null): Verdict => ({
  state: 'stale',
  reason,
  next,
  judgedFrom,
});

export const unknown = (reason: string, next: string | null): Verdict => ({
  state: 'unknown',
  reason,
  next,
  judgedFrom: null,
});

const gravity: Readonly<Record<Verdict['state'], number>> = { fail: 0, stale: 1, unknown: 2, pass: 3 };

/** One verdict over several parts: the gravest state, with the reasons of those parts that are in it. */
export function together(verdicts: readonly [Verdict, ...Verdict[]]): Verdict {
  const [gravest = verdicts[0]] = verdicts.toSorted((a, b) => gravity[a.state] - gravity[b.state]);
  const deciding = verdicts.filter(({ state }) => state === gravest.state);
  const times = deciding.flatMap(({ judgedFrom }) => (judgedFrom === null ? [] : [judgedFrom]));
  return {
    state: gravest.state,
    reason: [...new Set(deciding.map(({ reason }) => reason))].join(' '),
    next: gravest.next,
    judgedFrom: times.length === 0 ? null : Math.min(...times),
  };
}

/** `together` over a list that may be empty. */
export function togetherOr(verdicts: readonly Verdict[], none: Verdict): Verdict {
  const [first, ...rest] = verdicts;
  return first === undefined ? none : together([first, ...rest]);
}
