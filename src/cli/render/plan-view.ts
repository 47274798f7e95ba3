import type { ControlResponse } from '../../api/control.ts';
import type { Style } from '../style.ts';
import { cutText } from '../text-width.ts';
import { groupMark } from './operation-lines.ts';

type Plan = ControlResponse<'plan'>;

/** A plan as a list of steps; the one that switches visitors over, and the point of no return, are marked. */
export function planLines(
  { summary, steps }: Plan,
  { style, width }: { readonly style: Style; readonly width: number },
): string[] {
  const lines = steps.map((step, index) => {
    const remark =
      step.pivot === true
        ? style.accent('  ← visitors see the change from here')
        : step.commit === true
          ? style.dim('  ← settled; what follows tidies up')
          : '';
    const number = style.dim(String(index + 1).padStart(3));
    return cutText(
      `${number} ${style.dim(groupMark(steps, index, style))} ${step.title}${remark}`,
      width,
      style.symbols.ellipsis,
    );
  });
  return [style.strong(summary), ...lines];
}
