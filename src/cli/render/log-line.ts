import type { LogLine } from '../../api/agent.ts';
import type { Style } from '../style.ts';
import { showableText } from '../text-width.ts';

export interface LogView {
  readonly style: Style;
  readonly withTimes: boolean;
}

/** One line of a log. Colours of the application stay where ours do; other control characters never pass. */
export function logLine(line: LogLine, { style, withTimes }: LogView): string {
  const colours = style.dim('x') !== 'x';
  const text = showableText(line.text, colours);
  if (!withTimes) return text;
  const time = clockTime(line.at);
  const source = line.stream === 'err' ? style.warn(line.source) : style.accent(line.source);
  return `${style.dim(time)} ${source} ${text}`;
}

/** `14:05:09.123` on this machine; the date is added where the line is not from the last hours by whoever needs it. */
function clockTime(at: number): string {
  const shifted = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(11, 23);
}
