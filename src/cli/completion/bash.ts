import type { Completion } from '../verb.ts';
import { type CompletionTable, optionWords, valueOptions } from './completion-table.ts';

/** The script for bash. It asks the program itself for names that change. */
export function bashScript(table: CompletionTable): string {
  const verbs = table.verbs.map(({ name }) => name).join(' ');
  const cases = table.verbs.flatMap((verb) => [
    ...verb.words.map(
      (word, position) => `    ${verb.name}:${position}) candidates=${candidates(word, verbs)} ;;`,
    ),
  ]);
  const options = table.verbs
    .filter((verb) => verb.options.length > 0)
    .map((verb) => `    ${verb.name}) options="$options ${optionWords(verb.options).join(' ')}" ;;`);
  return `# Completion of mainstay for bash. Made by: mainstay completion bash
_mainstay() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local program=\${COMP_WORDS[0]} verb='' position=0 i candidates='' options
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
    --) compopt -o default; return ;;
    ${valueOptions(table).join('|')}) ((i++)) ;;
    -*) ;;
    *) if [[ -z $verb ]]; then verb=\${COMP_WORDS[i]}; else ((position++)); fi ;;
    esac
  done
  case $previous in
  --file|--home) compopt -o default; return ;;
  --from) COMPREPLY=($(compgen -W "$("$program" __complete environments 2>/dev/null)" -- "$current")); return ;;
  ${valueOptions(table).join('|')}) return ;;
  esac
  options='${optionWords(table.globals).join(' ')}'
  if [[ -z $verb ]]; then
    candidates='${verbs}'
  else
    case $verb in
${options.join('\n')}
    esac
    case $verb:$position in
${cases.join('\n')}
    esac
  fi
  [[ $current == -* ]] && candidates=$options
  COMPREPLY=($(compgen -W "$candidates" -- "$current"))
}
complete -F _mainstay mainstay
`;
}

function candidates(word: Completion, verbs: string): string {
  if (word === 'environment') return '$("$program" __complete environments 2>/dev/null)';
  if (word === 'operation') return '$("$program" __complete operations 2>/dev/null)';
  return word === 'verb' ? `'${verbs}'` : `'${word.oneOf.join(' ')}'`;
}
