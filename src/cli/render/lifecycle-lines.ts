import type { ControlResponse } from '../../api/control.ts';
import type { Style } from '../style.ts';
import { wrapText } from '../text-width.ts';

type Item = ControlResponse<'lifecycle'>['items'][number];
type State = Item['state'];

const order: readonly State[] = ['fail', 'stale', 'unknown', 'pass', 'waived'];

/** The checklist by section: a mark, the item, why, and what to do about it. Pure. */
export function lifecycleLines(
  app: string,
  items: readonly Item[],
  { style, width }: { readonly style: Style; readonly width: number },
): string[] {
  const room = Math.min(width, 100);
  const sections = Map.groupBy(items, ({ section }) => section);
  const lines = [...sections].flatMap(([section, own]) => [
    '',
    style.strong(section),
    ...own.flatMap((item) => itemLines(item, style, room)),
  ]);
  return [`${style.strong(app)}  ${summary(items, style)}`, ...lines];
}

function itemLines(item: Item, style: Style, width: number): string[] {
  const colour = painter(item.state, style);
  const head = `  ${colour(item.state.padEnd(7))} ${item.id}  ${item.title}`;
  // What no capability judges yet says so once, in its state; its reason would be the same on every line.
  const reason = wrapText(item.reason, width - 15).map((line) => `              ${style.dim(line)}`);
  const next =
    item.next === null || item.state === 'pass'
      ? []
      : wrapText(`→ ${item.next}`, width - 15).map((line) => `              ${line}`);
  return [head, ...(item.state === 'unknown' && item.next === null ? [] : reason), ...next];
}

function summary(items: readonly Item[], style: Style): string {
  const counts = Map.groupBy(items, ({ state }) => state);
  return order
    .filter((state) => counts.has(state))
    .map((state) => painter(state, style)(`${counts.get(state)?.length ?? 0} ${state}`))
    .join('  ');
}

function painter(state: State, style: Style): (text: string) => string {
  switch (state) {
    case 'pass':
      return style.good;
    case 'fail':
      return style.bad;
    case 'stale':
      return style.warn;
    case 'unknown':
    case 'waived':
      return style.dim;
  }
}
