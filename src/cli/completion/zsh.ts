import type { OptionSpec } from '../arguments.ts';
import type { Completion } from '../verb.ts';
import { type CompletionTable, valueOptions } from './completion-table.ts';

/** The script for zsh, with the summaries beside the words. */
export function zshScript(table: CompletionTable): string {
  const verbs = table.verbs.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`);
  const options = table.verbs
    .filter((verb) => verb.options.length > 0)
    .map((verb) => `    ${verb.name}) options+=(${verb.options.flatMap(described).join(' ')}) ;;`);
  const words = table.verbs.flatMap(({ name, words: positions }) =>
    positions.map((word, position) => `    ${name}:${position}) ${action(word)} ;;`),
  );
  return `#compdef mainstay
# Completion of mainstay for zsh. Made by: mainstay completion zsh
_mainstay() {
  local program=$words[1] verb='' i
  local -i position=0
  local -a verbs options
  verbs=(
${verbs.join('\n')}
  )
  for ((i = 2; i < CURRENT; i++)); do
    case $words[i] in
    --) _default; return ;;
    ${valueOptions(table).join('|')}) ((i++)) ;;
    -*) ;;
    *) if [[ -z $verb ]]; then verb=$words[i]; else ((position++)); fi ;;
    esac
  done
  case $words[CURRENT-1] in
  --file|--home) _files; return ;;
  --from) compadd -- \${(f)"$($program __complete environments 2>/dev/null)"}; return ;;
  ${valueOptions(table).join('|')}) return ;;
  esac
  options=(${table.globals.flatMap(described).join(' ')})
  case $verb in
${options.join('\n')}
  esac
  if [[ $words[CURRENT] == -* ]]; then
    _describe option options
  elif [[ -z $verb ]]; then
    _describe verb verbs
  else
    case $verb:$position in
${words.join('\n')}
    esac
  fi
}
if [[ $funcstack[1] == _mainstay ]]; then _mainstay "$@"; else compdef _mainstay mainstay; fi
`;
}

function action(word: Completion): string {
  if (word === 'environment') return 'compadd -- ${(f)"$($program __complete environments 2>/dev/null)"}';
  if (word === 'operation') return 'compadd -- ${(f)"$($program __complete operations 2>/dev/null)"}';
  return word === 'verb' ? '_describe verb verbs' : `compadd -- ${word.oneOf.join(' ')}`;
}

function described({ name, short, summary }: OptionSpec): string[] {
  const own = quoted(`--${name}:${summary}`);
  return short === undefined ? [own] : [own, quoted(`-${short}:${summary}`)];
}

/** In single quotes; a colon in the summary would end it, so it becomes a semicolon. */
function quoted(text: string): string {
  const colon = text.indexOf(':');
  const safe = `${text.slice(0, colon + 1)}${text.slice(colon + 1).replaceAll(':', ';')}`;
  return `'${safe.replaceAll("'", `'\\''`)}'`;
}
