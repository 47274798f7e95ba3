import type { Problem, SourceFile } from './source-file.ts';

interface ForbiddenText {
  readonly rule: string;
  readonly pattern: RegExp;
  readonly files: RegExp;
  readonly message: string;
}

const anyFile = /^/;
const lockfile = /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json)$/;
const notLockfile = /^(?!(?:.*\/)?package-lock\.json$)/;

// The patterns are written so that they do not match themselves.
const forbidden: readonly ForbiddenText[] = [
  {
    rule: 'unfinished',
    pattern: /\b(?:TO[D]O|FIX[M]E|X{3})\b/,
    files: notLockfile,
    message: 'A note of unfinished work. Do it now, or leave it out: nobody comes back to these.',
  },
  {
    rule: 'machine-path',
    pattern: /(?<![\w.~$})-])\/(?:wor[k]|User[s])\//,
    files: anyFile,
    message: 'A path of one particular machine. Derive it, or take it as an argument.',
  },
  {
    rule: 'registry-host',
    pattern: /"resolved":|registry\.npm[j]s\.org|npm\.pkg\.githu[b]\.com/,
    files: lockfile,
    message:
      'An address of a package registry. The lockfile must work with any registry: .npmrc leaves addresses out, ' +
      'so delete package-lock.json’s "resolved" lines or run npm install again.',
  },
  {
    rule: 'conflict-marker',
    pattern: /^(?:<{7}|>{7}) /,
    files: anyFile,
    message: 'A merge conflict was left in the file.',
  },
];

/** Text that must not be in the repository. */
export function checkWords(files: readonly SourceFile[]): Problem[] {
  return files.flatMap((file) => {
    const rules = forbidden.filter((item) => item.files.test(file.path) && item.pattern.test(file.text));
    // The test on the whole text is cheap and nearly always settles it; `^` needs the lines, though.
    const byLine = rules.length > 0 || /^<{7} /m.test(file.text) ? forbidden : [];
    return byLine
      .filter((item) => item.files.test(file.path))
      .flatMap(({ rule, pattern, message }) =>
        file.text
          .split('\n')
          .flatMap((text, index) =>
            pattern.test(text) ? [{ rule, path: file.path, line: index + 1, message }] : [],
          ),
      );
  });
}
