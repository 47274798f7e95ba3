import { textLines } from '../client/text-lines.ts';
import { Failure } from '../core/failure.ts';
import { wrapText } from './text-width.ts';
import type { VerbContext } from './verb.ts';

/**
 * Goes on only when the person types `word`. `--yes` skips the question; without a terminal to ask on it throws
 * `needs-confirmation`, and a wrong answer does too.
 */
export async function confirmByTyping(
  context: VerbContext,
  warning: readonly string[],
  word: string,
): Promise<void> {
  if (context.globals.yes) return;
  if (context.io.stdin.isTTY !== true || !context.err.isTerminal) {
    throw new Failure('needs-confirmation', warning.join(' '), { hint: 'Confirm it with --yes.' });
  }
  const room = Math.min(context.err.width(), 110) - 1;
  context.err.lines(warning.flatMap((line) => wrapText(line, room)));
  context.err.stream.write(`Type ${context.err.style.strong(word)} to go on: `);
  const answer = await firstLine(context);
  if (answer?.trim() === word) return;
  throw new Failure('needs-confirmation', `That was not "${word}"; nothing was done.`);
}

async function firstLine({ io }: VerbContext): Promise<string | undefined> {
  const lines = textLines(io.stdin);
  const first = await lines.next();
  await lines.return();
  return first.done === true ? undefined : first.value;
}
