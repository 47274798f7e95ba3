import { Failure } from '../core/failure.ts';
import type { CliIo } from './cli-io.ts';
import { exitCodeOfFailure, exitCodes } from './exit-codes.ts';
import { Interrupted } from './interrupted.ts';
import { openOutput } from './output.ts';
import { wrapText } from './text-width.ts';

/** Prints what ended a command and returns its exit code. A bug shows its stack, because that is its report. */
export function reportFailure(error: unknown, argv: readonly string[], io: CliIo): number {
  if (error instanceof Interrupted) return exitCodes.detached.code;
  const options = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  const err = openOutput(io.stderr, io, options.includes('--no-color'));
  if (!(error instanceof Failure)) {
    err.line(
      `${err.style.bad(err.style.symbols.failed)} This is a bug in Mainstay. Please report it with what follows.`,
    );
    err.line(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return exitCodes.internal.code;
  }
  if (options.includes('--json')) io.stdout.write(`${JSON.stringify({ failure: error }, null, 2)}\n`);
  err.lines(failureLines(error, err.style.bad(err.style.symbols.failed), err.width()));
  return exitCodeOfFailure(error.code);
}

/** The message, every listed detail, and what to do. */
function failureLines(failure: Failure, mark: string, width: number): string[] {
  const issues = failure.details['issues'];
  const room = Math.min(width, 110) - 3;
  const [first = '', ...more] = wrapText(failure.message, room);
  const lines = [`${mark} ${first}`, ...more.map((line) => `  ${line}`)];
  if (Array.isArray(issues)) lines.push(...issues.map((issue) => `  ${String(issue)}`));
  if (failure.hint !== undefined) lines.push(...wrapText(failure.hint, room).map((line) => `  ${line}`));
  return lines;
}
