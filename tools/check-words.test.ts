import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkWords } from './check-words.ts';
import { sourceFile } from './source-file.ts';

function rulesOf(path: string, text: string): string[] {
  return checkWords([sourceFile(path, text)]).map(({ rule, line }) => `${rule}:${line}`);
}

// Written in parts, for this file is checked as well.
const [todo, fixme] = ['TO', 'FIX'].map((start, index) => start + ['DO', 'ME'][index]);

test('a note of unfinished work is refused in code and docs', () => {
  assert.deepEqual(rulesOf('src/a.ts', `\n// ${todo}: later\n`), ['unfinished:2']);
  assert.deepEqual(rulesOf('docs/a.md', `${fixme}\n`), ['unfinished:1']);
  assert.deepEqual(rulesOf('docs/a.md', 'A todo list is fine, and so is mastodon.\n'), []);
});

test('a path of one machine is refused, and a path that only ends like one is not', () => {
  const path = ['', 'work', 'main'].join('/');
  assert.deepEqual(rulesOf('docs/a.md', `cd ${path}\n`), ['machine-path:1']);
  assert.deepEqual(rulesOf('docs/a.md', `cd /srv${path}\ncd "$HOME"${path.slice(1)}\ncd ~${path}\n`), []);
});

test('a lockfile that names a registry is refused', () => {
  const text = `{\n  "resolved": "https://packages.example/a.tgz"\n}\n`;
  assert.deepEqual(rulesOf('package-lock.json', text), ['registry-host:2']);
  assert.deepEqual(rulesOf('examples/a/package-lock.json', text), ['registry-host:2']);
  assert.deepEqual(rulesOf('docs/a.md', text), []);
});

test('a conflict marker is refused', () => {
  assert.deepEqual(rulesOf('docs/a.md', `a\n${'<'.repeat(7)} mine\n`), ['conflict-marker:2']);
});
