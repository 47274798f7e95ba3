import type { OptionSpec } from '../arguments.ts';
import type { Completion } from '../verb.ts';
import { type CompletionTable, valueOptions } from './completion-table.ts';

/** The script for fish. */
export function fishScript(table: CompletionTable): string {
  const verbs = table.verbs.map(({ name }) => name).join(' ');
  const lines = [
    ...table.verbs.map(
      ({ name, summary }) => `complete -c mainstay -n __mainstay_needs_verb -a ${name} -d ${quoted(summary)}`,
    ),
    ...table.globals.map((option) => `complete -c mainstay ${optionFlags(option)}`),
    ...table.verbs.flatMap(({ name, options }) =>
      options.map((option) => `complete -c mainstay -n '__mainstay_verb ${name}' ${optionFlags(option)}`),
    ),
    ...table.verbs.flatMap(({ name, words }) =>
      words.map(
        (word, at) => `complete -c mainstay -n '__mainstay_verb ${name} ${at}' -a ${candidates(word, verbs)}`,
      ),
    ),
  ];
  return `# Completion of mainstay for fish. Made by: mainstay completion fish
complete -c mainstay -f

# Prints the words typed so far, without options and their values.
function __mainstay_words
  set -l skip 0
  for token in (commandline -opc)[2..-1]
    if test $skip = 1
      set skip 0
    else if contains -- $token ${valueOptions(table).join(' ')}
      set skip 1
    else if not string match -q -- '-*' $token
      echo $token
    end
  end
end

function __mainstay_needs_verb
  test (count (__mainstay_words)) = 0
end

# __mainstay_verb NAME [POSITION]: whether this verb stands there, and the word at this position comes next.
function __mainstay_verb
  set -l typed (__mainstay_words)
  test (count $typed) -gt 0; or return 1
  test $typed[1] = $argv[1]; or return 1
  test (count $argv) = 1; or test (count $typed) = (math $argv[2] + 1)
end

${lines.join('\n')}
`;
}

function optionFlags({ name, short, value, summary }: OptionSpec): string {
  const files = value === 'FILE' || value === 'DIR' ? ' -r -F' : value === undefined ? '' : ' -x';
  return `-l ${name}${short === undefined ? '' : ` -s ${short}`}${files} -d ${quoted(summary)}`;
}

function candidates(word: Completion, verbs: string): string {
  if (word === 'environment') return "'(mainstay __complete environments 2>/dev/null)'";
  if (word === 'operation') return "'(mainstay __complete operations 2>/dev/null)'";
  return word === 'verb' ? quoted(verbs) : quoted(word.oneOf.join(' '));
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
