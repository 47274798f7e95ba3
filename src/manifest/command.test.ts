import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandFromLine } from './command.ts';

const direct: readonly (readonly [string, readonly string[]])[] = [
  ['node server.js', ['node', 'server.js']],
  ['  node \t server.js  ', ['node', 'server.js']],
  ["gunicorn 'my app:wsgi' --bind=x", ['gunicorn', 'my app:wsgi', '--bind=x']],
  ['echo "a b"c \'\'', ['echo', 'a bc', '']],
  ["echo '$HOME|x'", ['echo', '$HOME|x']],
  ['/opt/x/bin/run', ['/opt/x/bin/run']],
];

for (const [line, argv] of direct) {
  test(`${JSON.stringify(line)} runs without a shell`, () => {
    assert.deepEqual(commandFromLine(line), { kind: 'argv', argv });
  });
}

const shell = [
  'node server.js --port $PORT',
  'a && b',
  'a | b',
  'a > b',
  'rm *.tmp',
  'ls ~/x',
  'A=1 node x',
  'exec node x',
  'cd x',
  'echo `date`',
  'echo "$(date)"',
  "echo 'open",
  'a\nb',
  'echo a\\ b',
  "''",
  'echo {a,b}',
  'true # said',
];

for (const line of shell) {
  test(`${JSON.stringify(line)} is left whole for the shell`, () => {
    assert.deepEqual(commandFromLine(line), { kind: 'shell', line });
  });
}
