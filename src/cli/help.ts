import { Failure } from '../core/failure.ts';
import { closestWord } from '../manifest/closest-word.ts';
import type { OptionSpec } from './arguments.ts';
import { type ExitName, exitCodes } from './exit-codes.ts';
import { globalOptions } from './global-options.ts';
import { tableLines } from './render/table.ts';
import { textWidth, wrapText } from './text-width.ts';
import type { Verb, VerbContext } from './verb.ts';
import { findVerb, verbGroups } from './verbs.ts';

const widest = 100;
/** Every verb may end with these. */
const commonExits: readonly ExitName[] = ['ok', 'internal', 'usage', 'unreachable'];

/** `mainstay --help`: every verb with its summary. */
export function showOverview(context: VerbContext): number {
  const { out } = context;
  const { strong, dim } = out.style;
  const names = verbGroups.flatMap(({ verbs }) => verbs.map(({ name }) => name.length));
  const column = Math.max(...names);
  out.line('Mainstay deploys a web application, keeps it running, and keeps the proof.');
  out.line();
  out.line(`${strong('Usage')}  ${context.command('VERB [arguments] [options]')}`);
  for (const { title, verbs } of verbGroups) {
    out.line();
    out.line(strong(title));
    const rows = verbs.map(({ name, summary }) => [name.padEnd(column), summary]);
    out.lines(tableLines(rows, out.width(), '  '));
  }
  out.line();
  out.line(strong('Options everywhere'));
  out.lines(optionLines(globalOptions, out.width()));
  out.line();
  out.line(dim(`Examples and exit codes of a verb: ${context.command('deploy --help')}`));
  return exitCodes.ok.code;
}

/** `mainstay deploy --help` */
export function showVerb(context: VerbContext, verb: Verb): number {
  const { out } = context;
  const { strong, dim } = out.style;
  const width = Math.min(out.width(), widest);
  out.line(`${strong(verb.name)}: ${summaryOf(verb)}.`);
  out.line();
  out.lines(wrapText(verb.description, width - 1));
  out.line();
  out.line(strong('Usage'));
  out.lines(verb.usage.map((line) => `  ${context.command(`${verb.name} ${line}`.trim())}`));
  if (verb.options.length > 0) {
    out.line();
    out.line(strong('Options'));
    out.lines(optionLines(verb.options, out.width()));
  }
  out.line();
  out.line(strong('Examples'));
  for (const { command, does } of verb.examples) {
    out.line(`  ${context.command(command)}`);
    out.lines(wrapText(does, width - 7).map((line) => `      ${dim(line)}`));
  }
  if (verb.json !== undefined) {
    out.line();
    out.line(`${strong('With --json')} ${dim('(the calls are in docs/reference/api.md)')}`);
    out.lines(wrapText(verb.json, width - 3).map((line) => `  ${line}`));
  }
  out.line();
  out.line(strong('Exit codes'));
  out.lines(
    tableLines(
      exitsOf(verb).map(({ code, meaning }) => [String(code).padStart(3), meaning]),
      width,
      '  ',
    ),
  );
  return exitCodes.ok.code;
}

/** The exit codes of a verb, in order. */
export function exitsOf(verb: Verb): { readonly code: number; readonly meaning: string }[] {
  const names = [...new Set([...commonExits, ...verb.exits])];
  return names.map((name) => exitCodes[name]).sort((a, b) => a.code - b.code);
}

export function unknownVerb(name: string): Failure {
  const names = verbGroups.flatMap(({ verbs }) => verbs.map((verb) => verb.name));
  const near = closestWord(name, names);
  return new Failure(
    'usage-invalid',
    `mainstay: there is no verb "${name}"${near === undefined ? '.' : `; did you mean ${near}?`}`,
    {
      hint: near === undefined ? 'See: mainstay --help' : `See: mainstay ${near} --help`,
    },
  );
}

/** `-n, --lines LINES` */
export function optionUsage({ name, short, value }: OptionSpec): string {
  return `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
}

function optionLines(options: readonly OptionSpec[], width: number): string[] {
  const names = options.map(optionUsage);
  const column = Math.max(...names.map(textWidth)) + 4;
  const room = Math.max(24, Math.min(width, widest) - column - 1);
  return options.flatMap(({ summary }, index) =>
    wrapText(summary, room).map(
      (line, at) => `  ${(at === 0 ? (names[index] ?? '') : '').padEnd(column - 2)}${line}`,
    ),
  );
}

export function summaryOf(verb: Verb): string {
  return findVerb(verb.name)?.summary ?? '';
}
