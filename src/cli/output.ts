import type { CliIo, OutputStream } from './cli-io.ts';
import { createStyle, type Style, symbolsFor, wantsColours } from './style.ts';

/** One of the two streams that a command writes to, with the style that fits it. */
export interface Output {
  readonly stream: OutputStream;
  readonly style: Style;
  readonly isTerminal: boolean;
  /** Columns to fit into; without a terminal there is no bound. */
  width(): number;
  line(text?: string): void;
  lines(lines: readonly string[]): void;
}

export function openOutput(stream: OutputStream, io: Pick<CliIo, 'environment'>, noColour: boolean): Output {
  const { environment } = io;
  const isTerminal = stream.isTTY === true;
  return {
    stream,
    style: createStyle(wantsColours(stream, environment, noColour), symbolsFor(environment)),
    isTerminal,
    width: () => (isTerminal ? Math.max(20, stream.columns ?? 80) : Number.POSITIVE_INFINITY),
    line: (text = '') => void stream.write(`${text}\n`),
    lines: (lines) => void (lines.length > 0 && stream.write(`${lines.join('\n')}\n`)),
  };
}
