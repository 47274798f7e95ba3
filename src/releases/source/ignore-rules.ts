/** One line of a `.gitignore`. */
interface IgnoreRule {
  readonly pattern: RegExp;
  readonly keeps: boolean;
  readonly directoriesOnly: boolean;
  /** Without a slash a rule looks at the last name of a path only. */
  readonly byName: boolean;
}

/** The rules of one file or list; paths are relative to the directory where it lies. */
export type IgnoreRules = readonly IgnoreRule[];

/**
 * Reads patterns as git does (gitignore(5)): `#` comments, `!` keeps, a trailing `/` for directories, `*`, `?`,
 * `[a-z]`, `**`, `\` before a character that is meant literally. A pattern that git could not match matches nothing.
 */
export function parseIgnoreRules(text: string): IgnoreRules {
  return text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .flatMap((line) => parseRule(line.replace(/\r$/, '')) ?? []);
}

/** True: left out; false: kept by a `!` rule; undefined: no rule says anything. The last rule that fits wins. */
export function judge(rules: IgnoreRules, path: string, directory: boolean): boolean | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const rule = rules.findLast(
    (candidate) =>
      (directory || !candidate.directoriesOnly) && candidate.pattern.test(candidate.byName ? name : path),
  );
  return rule === undefined ? undefined : !rule.keeps;
}

/** Whether one list leaves out the path or a directory that it lies in. */
export function leavesOut(rules: IgnoreRules, path: string, directory: boolean): boolean {
  if (rules.length === 0) return false;
  for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
    if (judge(rules, path.slice(0, slash), true) === true) return true;
  }
  return judge(rules, path, directory) === true;
}

function parseRule(line: string): IgnoreRule | undefined {
  if (line.startsWith('#')) return undefined;
  // Trailing spaces do not count, unless a backslash stands before one.
  let text = line.replace(/((?:^|[^\\])(?:\\\\)*(?:\\ )?) *$/, '$1');
  const keeps = text.startsWith('!');
  if (keeps) text = text.slice(1);
  const directoriesOnly = text.endsWith('/');
  if (directoriesOnly) text = text.slice(0, -1);
  const byName = !text.includes('/');
  if (text.startsWith('/')) text = text.slice(1);
  const source = text === '' ? undefined : toRegExp(text);
  if (source === undefined) return undefined;
  return { pattern: new RegExp(`^${source}$`, 'su'), keeps, directoriesOnly, byName };
}

/** Undefined for a pattern that can match nothing: an open bracket, or a backslash at the end. */
function toRegExp(glob: string): string | undefined {
  let source = '';
  let at = 0;
  while (at < glob.length) {
    const part = starsAt(glob, at) ?? bracketAt(glob, at) ?? characterAt(glob, at);
    if (part === 'impossible') return undefined;
    source += part.source;
    at = part.end;
  }
  return source;
}

interface Part {
  readonly source: string;
  readonly end: number;
}

function starsAt(glob: string, at: number): Part | undefined {
  if (glob[at] !== '*') return undefined;
  let end = at;
  while (glob[end] === '*') end += 1;
  const opens = at === 0 || glob[at - 1] === '/';
  // `**` is special only as a whole name; elsewhere it is a `*`.
  if (end - at >= 2 && opens && glob[end] === '/') return { source: '(?:.*/)?', end: end + 1 };
  if (end - at >= 2 && opens && end === glob.length) return { source: '.*', end };
  return { source: '[^/]*', end };
}

function bracketAt(glob: string, at: number): Part | 'impossible' | undefined {
  if (glob[at] !== '[') return undefined;
  let end = at + 1;
  const negated = glob[end] === '!' || glob[end] === '^';
  if (negated) end += 1;
  let members = '';
  for (let first = true; first || glob[end] !== ']'; first = false) {
    const member = memberAt(glob, end);
    if (member === undefined) return 'impossible';
    members += member.source;
    end = member.end;
  }
  return { source: `(?!/)[${negated ? '^' : ''}${members}]`, end: end + 1 };
}

const classes: Readonly<Record<string, string>> = {
  alnum: 'A-Za-z0-9',
  alpha: 'A-Za-z',
  blank: ' \\t',
  digit: '0-9',
  lower: 'a-z',
  punct: '!-\\/:-@\\[-`\\{-~',
  space: '\\s',
  upper: 'A-Z',
  xdigit: '0-9A-Fa-f',
};

/** One character, range or `[:class:]` inside brackets. */
function memberAt(glob: string, at: number): Part | undefined {
  const named = /^\[:([a-z]*):\]/.exec(glob.slice(at));
  if (named !== null) {
    const source = classes[named[1] ?? ''];
    return source === undefined ? undefined : { source, end: at + named[0].length };
  }
  const low = literalAt(glob, at);
  if (low === undefined) return undefined;
  if (glob[low.end] !== '-' || glob[low.end + 1] === ']' || glob[low.end + 1] === undefined)
    return { source: quote(low.source), end: low.end };
  const high = literalAt(glob, low.end + 1);
  if (high === undefined) return undefined;
  // As in git, the low end counts by itself too, so that the inverted range z-a holds z.
  const inverted = (low.source.codePointAt(0) ?? 0) > (high.source.codePointAt(0) ?? 0);
  const range = inverted ? '' : `${quote(low.source)}-${quote(high.source)}`;
  return { source: `${quote(low.source)}${range}`, end: high.end };
}

function characterAt(glob: string, at: number): Part | 'impossible' {
  if (glob[at] === '?') return { source: '[^/]', end: at + 1 };
  const literal = literalAt(glob, at);
  return literal === undefined ? 'impossible' : { source: quote(literal.source), end: literal.end };
}

/** The character meant at this place, without its backslash. */
function literalAt(glob: string, at: number): Part | undefined {
  const start = glob[at] === '\\' ? at + 1 : at;
  const code = glob.codePointAt(start);
  if (code === undefined) return undefined;
  const source = String.fromCodePoint(code);
  return { source, end: start + source.length };
}

function quote(character: string): string {
  return /^[A-Za-z0-9]$/.test(character) ? character : `\\u{${character.codePointAt(0)?.toString(16)}}`;
}
