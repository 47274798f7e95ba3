import type { OptionSpec } from '../arguments.ts';
import { globalOptions } from '../global-options.ts';
import type { Completion } from '../verb.ts';
import { verbGroups } from '../verbs.ts';

/** What a completion script must know, taken from the verbs themselves. */
export interface CompletionTable {
  readonly globals: readonly OptionSpec[];
  readonly verbs: readonly CompletedVerb[];
}

export interface CompletedVerb {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly OptionSpec[];
  /** By position after the verb. */
  readonly words: readonly Completion[];
}

export async function loadCompletionTable(): Promise<CompletionTable> {
  const entries = verbGroups.flatMap(({ verbs }) => verbs);
  const verbs = await Promise.all(
    entries.map(async ({ name, summary, load }) => {
      const { options, completes } = await load();
      return { name, summary, options, words: completes ?? [] };
    }),
  );
  const help: CompletedVerb = { name: 'help', summary: 'Show help', options: [], words: ['verb'] };
  return { globals: globalOptions, verbs: [...verbs, help] };
}

/** Every option that takes a value, of all verbs: what follows one is no word. */
export function valueOptions({ globals, verbs }: CompletionTable): string[] {
  const specs = [...globals, ...verbs.flatMap(({ options }) => options)].filter(
    ({ value }) => value !== undefined,
  );
  return [
    ...new Set(
      specs.flatMap(({ name, short }) => [`--${name}`, ...(short === undefined ? [] : [`-${short}`])]),
    ),
  ];
}

/** `--follow -f`, for lists of words. */
export function optionWords(options: readonly OptionSpec[]): string[] {
  return options.flatMap(({ name, short }) => [`--${name}`, ...(short === undefined ? [] : [`-${short}`])]);
}
