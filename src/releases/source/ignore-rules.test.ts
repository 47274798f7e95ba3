import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { leavesOut, parseIgnoreRules } from './ignore-rules.ts';

const cases: readonly (readonly [rules: string, left: readonly string[], kept: readonly string[]])[] = [
  ['*.md', ['README.md', 'docs/a.md'], ['README.mdx', 'md']],
  ['/*.md', ['README.md'], ['docs/a.md']],
  ['dist/', ['dist/', 'dist/a', 'lib/dist/a'], ['dist']],
  ['docs/*.txt', ['docs/a.txt'], ['docs/b/a.txt', 'x/docs/a.txt']],
  ['**/tmp', ['tmp', 'a/b/tmp', 'tmp/x'], ['tmpx']],
  ['logs/**', ['logs/a', 'logs/a/b'], ['log']],
  ['a/**/z', ['a/z', 'a/b/z', 'a/b/c/z'], ['a', 'az']],
  ['*.log\n!keep.log', ['a.log'], ['keep.log']],
  ['dir/\n!dir/keep', ['dir/keep'], []],
  ['# comment\n\n\\#file', ['#file'], ['# comment']],
  ['\\!important', ['!important'], ['important']],
  ['trailing   \nkept\\ ', ['trailing', 'kept '], ['kept']],
  ['file[0-9].[!c]', ['file1.d'], ['file1.c', 'filex.d']],
  ['windows\r\nlines\r', ['windows', 'lines'], []],
  ['\uFEFFfirst', ['first'], []],
  ['ümläut*', ['ümläut.txt'], ['umlaut']],
  ['[open\nbad\\', [], ['[open', 'bad', 'bad\\']],
];

describe('parseIgnoreRules', () => {
  for (const [text, left, kept] of cases) {
    it(`reads ${JSON.stringify(text)}`, () => {
      const rules = parseIgnoreRules(text);
      const asked = (path: string) => leavesOut(rules, path.replace(/\/$/, ''), path.endsWith('/'));
      assert.deepEqual(
        left.filter((path) => !asked(path)),
        [],
      );
      assert.deepEqual(kept.filter(asked), []);
    });
  }

  it('agrees with git on random patterns and paths', async (t) => {
    if (spawnSync('git', ['--version']).error !== undefined) return t.skip('git is not installed');
    const repository = await mkdtemp(join(tmpdir(), 'ignore-'));
    t.after(() => rm(repository, { recursive: true, force: true }));
    execFileSync('git', ['init', '--quiet', repository]);
    for (const [lines, paths] of fc.sample(fc.tuple(patterns, manyPaths), { numRuns: 150, seed: 20 })) {
      await writeFile(join(repository, '.git/info/exclude'), `${lines.join('\n')}\n`);
      const asked = spawnSync('git', ['-C', repository, 'check-ignore', '--no-index', '-z', '--stdin'], {
        input: paths.join('\0'),
        env: { PATH: process.env['PATH'], HOME: repository },
      });
      const ignored = new Set(asked.stdout.toString().split('\0'));
      const rules = parseIgnoreRules(lines.join('\n'));
      for (const path of paths)
        assert.equal(leavesOut(rules, path, false), ignored.has(path), JSON.stringify({ lines, path }));
    }
  });
});

const part = fc.constantFrom(
  ...[
    'a',
    'b',
    'c',
    'ab',
    '*',
    '?',
    '[ab]',
    '[!a]',
    '[a-c]',
    '[]a]',
    '\\*',
    '\\a',
    ' ',
    '!',
    '#',
    '[',
    '.',
    '-',
    '\\',
  ],
  ...['[[:alpha:]]', '[b-a]', '[a-]', '[]', '[\\]]', '[^b-]'],
);
const name = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom('**', '***') },
  // Where `**` stands inside a name git itself is of two minds, depending on what comes before.
  {
    weight: 5,
    arbitrary: fc
      .array(part, { minLength: 1, maxLength: 4 })
      .map((parts) => parts.join('').replace(/\*+/g, '*')),
  },
);
const pattern = fc
  .tuple(
    fc.constantFrom('', '', '!', '/'),
    fc.array(name, { minLength: 1, maxLength: 3 }),
    fc.constantFrom('', '', '/', ' ', '\\ ', '  '),
  )
  .map(([before, names, after]) => before + names.join('/') + after);
const patterns = fc.array(pattern, { minLength: 1, maxLength: 4 });
const segment = fc.constantFrom(
  'a',
  'b',
  'c',
  'ab',
  'abc',
  '-',
  '.a',
  'a b',
  '*',
  '[',
  ']',
  '!a',
  '#',
  'a ',
  '\\',
);
const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('/'));
const manyPaths = fc.uniqueArray(path, { minLength: 30, maxLength: 30 });
