import type { ControlResponse } from '../../api/control.ts';
import type { Style } from '../style.ts';
import { wrapText } from '../text-width.ts';

type Difference = ControlResponse<'compare'>['differences'][number];

/** The differences, those that matter most first, each with both sides and why it matters. */
export function differenceLines(
  differences: readonly Difference[],
  { left, right }: { readonly left: string; readonly right: string },
  { style, width }: { readonly style: Style; readonly width: number },
): string[] {
  if (differences.length === 0)
    return [`${style.good(style.symbols.done)} ${left} rehearses ${right} faithfully: no difference found.`];
  const order = { high: 0, medium: 1, low: 2 };
  const room = Math.min(width, 100) - 9;
  return differences
    .toSorted((a, b) => order[a.severity] - order[b.severity])
    .flatMap((difference) => [
      `${mark(difference, style)}  ${style.strong(difference.what)}`,
      `        ${left}: ${side(difference.left, style)}   ${right}: ${side(difference.right, style)}`,
      ...wrapText(difference.why, room).map((line) => `        ${style.dim(line)}`),
    ]);
}

function side(value: string | null, style: Style): string {
  return value === null ? style.dim('(not there)') : value;
}

function mark({ severity }: Difference, style: Style): string {
  if (severity === 'high') return style.bad('high  ');
  return severity === 'medium' ? style.warn('medium') : style.dim('low   ');
}
