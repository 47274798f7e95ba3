import type { Command } from './manifest.ts';

/**
 * A line of plain words runs as it is, without a shell between: signals reach the program itself.
 * Anything that a shell would treat specially (variables, pipes, patterns, assignments, built-ins)
 * is left whole for `sh -c`.
 */
export function commandFromLine(line: string): Command {
  const argv = plainWords(line.trim());
  return argv === undefined ? shellCommand(line) : { kind: 'argv', argv };
}

export function shellCommand(line: string): Command {
  return { kind: 'shell', line: line.trim() };
}

/** Words that only a shell knows; a program of the same name, if any, does something else or nothing. */
const shellWords = new Set(
  (
    '! . : [ [[ { alias bg break builtin case cd command continue declare eval exec exit export fg for function ' +
    'getopts hash if jobs local let read readonly return select set shift source test time times trap type ' +
    'ulimit umask unalias unset until wait while'
  ).split(' '),
);

const specialOutsideQuotes = /[|&;<>()$`\\*?[\]{}~#!\n\r]/;

function plainWords(line: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let firstHasAssignment = false;
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charAt(at);
    if (char === ' ' || char === '\t') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === "'" || char === '"') {
      const end = line.indexOf(char, at + 1);
      if (end === -1) return undefined;
      const quoted = line.slice(at + 1, end);
      if (char === '"' && /[$`\\!]/.test(quoted)) return undefined;
      word = (word ?? '') + quoted;
      at = end;
    } else if (specialOutsideQuotes.test(char)) {
      return undefined;
    } else {
      if (char === '=' && words.length === 0) firstHasAssignment = true;
      word = (word ?? '') + char;
    }
  }
  if (word !== undefined) words.push(word);
  const first = words[0];
  if (first === undefined || first === '' || firstHasAssignment || shellWords.has(first)) return undefined;
  return words;
}
