import type { Waiver } from './evidence.ts';
import type { LifecycleFacts } from './facts.ts';
import { type LifecycleItem, sections, type Verdict } from './item.ts';

/** One line of the board, as it is shown. */
export interface BoardLine {
  readonly id: string;
  /** With its letter: `B. Initial deployment`. */
  readonly section: string;
  readonly title: string;
  readonly state: Verdict['state'] | 'waived';
  readonly reason: string;
  readonly next: string | null;
  readonly judgedFrom: number | null;
}

/** Judges every item from the facts; evidence that is too old makes it stale, a waiver in force sets it aside. */
export function judgeItems(
  items: readonly LifecycleItem[],
  facts: LifecycleFacts,
  waivers: readonly Waiver[],
): readonly BoardLine[] {
  return items.map((item) => {
    const verdict = aged(item, item.judge(facts), facts.now);
    const waiver = waivers.find((candidate) => candidate.item === item.id);
    const { id, title } = item;
    return { id, section: sections[item.section], title, ...waive(verdict, waiver, facts.now) };
  });
}

function aged({ staleAfter }: LifecycleItem, verdict: Verdict, now: number): Verdict {
  if (verdict.state !== 'pass' || verdict.judgedFrom === null || staleAfter === null) return verdict;
  if (now - verdict.judgedFrom <= staleAfter) return verdict;
  return {
    ...verdict,
    state: 'stale',
    reason: `${verdict.reason} That was ${dateOf(verdict.judgedFrom)}, which is too long ago.`,
    next: verdict.next ?? 'Do it again.',
  };
}

/** An item that passes needs no waiver; one that has expired is mentioned, so that nobody wonders. */
function waive(
  verdict: Verdict,
  waiver: Waiver | undefined,
  now: number,
): Verdict | (Omit<Verdict, 'state'> & { state: 'waived' }) {
  if (waiver === undefined || verdict.state === 'pass') return verdict;
  const by = `by ${waiver.author} until ${dateOf(waiver.expiresAt)}: ${waiver.reason}`;
  if (waiver.expiresAt <= now) return { ...verdict, reason: `${verdict.reason} (It was waived ${by}.)` };
  return { state: 'waived', reason: `Waived ${by}`, next: null, judgedFrom: waiver.createdAt };
}

const dateOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
