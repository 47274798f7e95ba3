import { type Millis, millis } from '../core/units.ts';
import { type Judge, type LifecycleItem, type Section, unknown } from './item.ts';

const hours = (count: number): Millis => millis(count * 3_600_000);
const days = (count: number): Millis => hours(count * 24);

/** The checklist: every line, whether or not something can judge it yet. */
const lines: Readonly<Record<string, readonly [title: string, staleAfter: Millis | null]>> = {
  A1: ['The hosts meet the profile that the app needs', hours(24)],
  A2: ['Operating systems and runtimes still get security updates', days(30)],
  A3: ['The same source builds the same release', null],
  A4: ['No secret lies in the source', null],
  A5: ['TLS certificates are valid for three weeks or more', hours(24)],
  A6: ['Only the ports that are meant to be are open', days(7)],
  A7: ['The guides for users and administrators fit the release', null],
  B1: ['Staging mirrors production', null],
  B2: ['The migrations were tested on restored data', null],
  B3: ['The checks passed on staging, for the release that serves there', null],
  B4: ['Production serves a release that staging verified', null],
  B5: ['A rollback was rehearsed and timed', days(90)],
  B6: ['After the deploy to production, its health held', null],
  C1: ['Mail to the support address arrives and is answered', hours(24)],
  C2: ['First answers come in the promised time', days(7)],
  C3: ['The articles of the knowledge base are current', days(180)],
  C4: ['The most frequent questions have an answer', days(30)],
  C5: ['Users were trained, or declined it', days(365)],
  D1: ['Every endpoint is checked', null],
  D2: ['Objectives are set, and their budget is not spent', hours(1)],
  D3: ['A test alert reached a person', days(30)],
  D4: ['Somebody outside notices when the heartbeat stops', millis(300_000)],
  D5: ['Logs arrive', millis(900_000)],
  D6: ['New errors are looked at', days(7)],
  D7: ['Slow queries are looked at', days(30)],
  D8: ['The disk is not forecast to be full within 30 days', hours(24)],
  E1: ['The backup succeeded and was read back', null],
  E2: ['A restore was verified', days(30)],
  E3: ['A copy lies off the site', hours(48)],
  E4: ['No security update is overdue', null],
  E5: ['No update is held back', hours(24)],
  E6: ['No restart is pending', hours(24)],
  E7: ['Feedback is answered', days(14)],
  F1: ['Each feature leads back to a request', null],
  F2: ['The tests passed on the release', null],
  F3: ['The changes were announced, and those who asked were told', null],
  G1: ['The recovery plan was reviewed', days(180)],
  G2: ['A full drill met the promised recovery time and point', days(365)],
  H1: ['The end of life is planned: owner, retention, export', days(365)],
  H2: ['Users can export what is theirs', null],
  H3: ['Notices of the end were delivered', null],
  H4: ['Nothing is left after the teardown', days(30)],
};

/** What stands where nothing judges yet. */
export const notJudged: Judge = () => unknown('No capability judges this yet.', null);

/** A line of the checklist with something that judges it. Throws for an id that the checklist has not. */
export function judged(id: string, judge: Judge): LifecycleItem {
  const line = lines[id];
  if (line === undefined) throw new Error(`The checklist has no item ${id}`);
  const [title, staleAfter] = line;
  return { id, section: id.charAt(0) as Section, title, staleAfter, judge };
}

/**
 * The whole checklist in its order: the items that capabilities bring, and the lines that none of them
 * judges. A capability may bring items that are not among the lines. Throws when two bring the same.
 */
export function composeItems(groups: readonly (readonly LifecycleItem[])[]): readonly LifecycleItem[] {
  const items = new Map<string, LifecycleItem>();
  for (const item of groups.flat()) {
    if (items.has(item.id)) throw new Error(`Two capabilities judge the item ${item.id}`);
    items.set(item.id, item);
  }
  for (const id of Object.keys(lines)) {
    if (!items.has(id)) items.set(id, judged(id, notJudged));
  }
  return [...items.values()].sort(
    (a, b) => a.section.localeCompare(b.section) || number(a.id) - number(b.id),
  );
}

const number = (id: string): number => Number.parseInt(id.slice(1), 10);
