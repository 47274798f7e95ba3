import { Failure } from '../core/failure.ts';

export interface OptionSpec {
  /** Without the dashes. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** Name of its value in the help; an option without one is a switch. */
  readonly value?: string;
  readonly summary: string;
}

export interface ParsedArguments {
  readonly words: readonly string[];
  /** What stands after `--`; null without one. */
  readonly rest: readonly string[] | null;
  flag(name: string): boolean;
  value(name: string): string | undefined;
}

interface Parse {
  readonly options: Map<string, string | true>;
  readonly words: string[];
  rest: string[] | null;
  /** Where the parse stopped: index of the first word when asked to stop there. */
  readonly end: number;
}

/**
 * Reads options (`--name VALUE`, `--name=VALUE`, `-n VALUE`, `-nVALUE`, `-fn VALUE`) and words in any order, up to `--`.
 * Throws `usage-invalid`; `command` stands in its message.
 */
export async function parseArguments(
  argv: readonly string[],
  specs: readonly OptionSpec[],
  command: string,
): Promise<ParsedArguments> {
  return asArguments(await parse(argv, specs, command, false));
}

/** Reads the options before the first word, and returns the rest of the line unread. */
export async function parseLeadingOptions(
  argv: readonly string[],
  specs: readonly OptionSpec[],
  command: string,
): Promise<{ readonly leading: ParsedArguments; readonly rest: readonly string[] }> {
  const parsed = await parse(argv, specs, command, true);
  return { leading: asArguments(parsed), rest: argv.slice(parsed.end) };
}

function asArguments({ options, words, rest }: Parse): ParsedArguments {
  return {
    words,
    rest,
    flag: (name) => options.has(name),
    value: (name) => {
      const value = options.get(name);
      return typeof value === 'string' ? value : undefined;
    },
  };
}

async function parse(
  argv: readonly string[],
  specs: readonly OptionSpec[],
  command: string,
  stopAtWord: boolean,
): Promise<Parse> {
  const options = new Map<string, string | true>();
  const words: string[] = [];
  let at = 0;
  const take = (spec: OptionSpec, shown: string, inline: string | undefined): void => {
    if (spec.value === undefined) {
      if (inline !== undefined) throw usage(command, `${shown} takes no value`);
      options.set(spec.name, true);
      return;
    }
    const value = inline ?? argv[at];
    if (value === undefined) throw usage(command, `${shown} needs a value: ${shown} ${spec.value}`);
    if (inline === undefined) at += 1;
    options.set(spec.name, value);
  };
  while (at < argv.length) {
    const token = argv[at] ?? '';
    if (token === '--') return { options, words, rest: argv.slice(at + 1), end: at };
    if (!token.startsWith('-') || token === '-') {
      if (stopAtWord) break;
      words.push(token);
      at += 1;
      continue;
    }
    at += 1;
    if (token.startsWith('--')) {
      const equals = token.indexOf('=');
      const shown = equals === -1 ? token : token.slice(0, equals);
      const spec = specs.find(({ name }) => name === shown.slice(2));
      if (spec === undefined) throw await unknownOption(command, shown, specs);
      take(spec, shown, equals === -1 ? undefined : token.slice(equals + 1));
    } else {
      await takeLetters(token, specs, command, take);
    }
  }
  return { options, words, rest: null, end: at };
}

async function takeLetters(
  token: string,
  specs: readonly OptionSpec[],
  command: string,
  take: (spec: OptionSpec, shown: string, inline: string | undefined) => void,
): Promise<void> {
  for (let index = 1; index < token.length; index += 1) {
    const shown = `-${token[index]}`;
    const spec = specs.find(({ short }) => short === token[index]);
    if (spec === undefined) throw await unknownOption(command, shown, specs);
    if (spec.value === undefined) {
      take(spec, shown, undefined);
      continue;
    }
    const inline = token.slice(index + 1).replace(/^=/, '');
    take(spec, shown, inline === '' ? undefined : inline);
    return;
  }
}

/** A failure of the command line: exit code 2, with the way to the help. */
export function usage(command: string, problem: string): Failure {
  return new Failure('usage-invalid', `${command}: ${problem}${problem.endsWith('?') ? '' : '.'}`, {
    hint: `See: ${command} --help`,
  });
}

async function unknownOption(command: string, shown: string, specs: readonly OptionSpec[]): Promise<Failure> {
  const { closestWord } = await import('../manifest/closest-word.ts');
  const near = shown.startsWith('--')
    ? closestWord(
        shown.slice(2),
        specs.map(({ name }) => name),
      )
    : undefined;
  const question = near === undefined ? '' : `; did you mean --${near}?`;
  return usage(command, `there is no option ${shown}${question}`);
}
