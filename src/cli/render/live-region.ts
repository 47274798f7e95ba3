import type { Output } from '../output.ts';
import { textWidth } from '../text-width.ts';

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
/** Terminals that know it show the frame at once; the others pass over it. */
const beginFrame = '\u001b[?2026h';
const endFrame = '\u001b[?2026l';
const clearToLineEnd = '\u001b[K';
const clearBelow = '\u001b[J';

/**
 * A part at the end of a terminal's text that is drawn again and again in place. Each frame is one write, and
 * lines are overwritten rather than cleared first, so nothing flickers.
 */
export class LiveRegion {
  readonly #output: Output;
  #drawn: readonly string[] = [];

  constructor(output: Output) {
    this.#output = output;
  }

  /** Draws the lines in place of those before. They must be narrower than the terminal and fewer than its rows. */
  draw(lines: readonly string[]): void {
    if (lines.length === this.#drawn.length && lines.every((line, at) => line === this.#drawn[at])) return;
    const text = lines.map((line) => `${line}${clearToLineEnd}\n`).join('');
    this.#write(`${hideCursor}${this.#upToStart()}${text}${clearBelow}`);
    this.#drawn = lines;
  }

  /** Leaves these lines for good where the region was; what is printed next comes below them. */
  leave(lines: readonly string[]): void {
    const text = lines.map((line) => `${line}${clearToLineEnd}\n`).join('');
    this.#write(`${this.#upToStart()}${text}${clearBelow}${showCursor}`);
    this.#drawn = [];
  }

  /** A terminal that became narrower has broken the lines, so the way back up is longer. */
  #upToStart(): string {
    const columns = Math.max(1, this.#output.stream.columns ?? 80);
    const rows = this.#drawn.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(textWidth(line) / columns)),
      0,
    );
    return rows === 0 ? '\r' : `\r\u001b[${rows}A`;
  }

  #write(frame: string): void {
    this.#output.stream.write(`${beginFrame}${frame}${endFrame}`);
  }
}
