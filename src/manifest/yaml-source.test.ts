import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatIssue, parseManifest } from './parse-manifest.ts';

function faultsOf(text: string): string[] {
  const parsed = parseManifest(text, 'm.yaml');
  assert.ok(!parsed.ok, 'the text was accepted');
  return parsed.issues.map(formatIssue);
}

const slips: readonly (readonly [string, string, string])[] = [
  ['nothing', '', 'm.yaml:1:1 the file is empty; mainstay init writes a first one'],
  ['comments only', '# a\n', 'm.yaml:1:1 the file is empty; mainstay init writes a first one'],
  ['text instead of a mapping', 'shop', 'm.yaml:1:1 expected a mapping, got "shop"'],
  ['a tab as indentation', 'build:\n\ttimeout: 1s', 'm.yaml:2:1 a tab cannot indent YAML; use spaces'],
  [
    'an unquoted schedule',
    'jobs:\n  a:\n    schedule: * * * * *\n',
    'm.yaml:3:15 "*" begins a reference to an anchor; put the value in quotes',
  ],
  ['a reserved character', 'app: @shop', 'm.yaml:1:6 a value cannot begin with @; put the value in quotes'],
  [
    'a colon inside a value',
    'command: echo a: b',
    'm.yaml:1:10 a mapping cannot begin here; put a value that contains ": " in quotes, or check the indentation of the next line',
  ],
  ['a word without a colon', 'app: shop\nservices\n', 'm.yaml:2:1 a key needs a ":" and a value'],
  [
    'an open bracket',
    'a: [1, 2\nb: 3\n',
    'm.yaml:2:1 flow sequence in block collection must be sufficiently indented and end with a ]; check the indentation, and that brackets are closed',
  ],
  ['an open quote', 'app: "shop\n', 'm.yaml:2:1 missing closing "quote'],
  [
    'a tag',
    'app: !ruby/object shop',
    'm.yaml:1:6 tags are not supported; remove the word that begins with "!"',
  ],
  [
    'two documents',
    'app: a\n---\napp: b\n',
    'm.yaml:2:1 a second document begins here; a manifest is one document; remove the "---"',
  ],
  ['a key that is no text', '80: x', 'm.yaml:1:1 a key must be text; put it in quotes'],
  [
    'a list as key',
    '{ [a]: 1 }',
    'm.yaml:1:3 a key must be text; put it in quotes if the braces are part of it',
  ],
  [
    'a template',
    'app: {{ name }}',
    'm.yaml:1:7 app: a key must be text; put it in quotes if the braces are part of it',
  ],
  ['the same key twice', 'app: a\nx-a: 1\napp: b\n', 'm.yaml:3:1 app: the key is there twice'],
  ['a prototype key', '__proto__: { app: x }', 'm.yaml:1:1 "__proto__" cannot be a key'],
  [
    'an unknown reference',
    'app: *name',
    'm.yaml:1:6 app: no anchor "name" stands before this reference; put the value in quotes if the "*" is part of it',
  ],
  ['a reference to itself', 'x-a: &a\n  b: *a\n', 'm.yaml:2:6 x-a.b: "*a" refers to what contains it'],
  ['a merge of itself', 'x-a: &a\n  <<: *a\n', 'm.yaml:2:7 x-a: "*a" refers to what contains it'],
  ['a merge of text', 'x-a:\n  <<: text\n', 'm.yaml:2:7 x-a: "<<" merges mappings, and this is none'],
];

for (const [name, text, expected] of slips) {
  test(`${name} is told where it is`, () => {
    const faults = faultsOf(text);
    assert.ok(faults.includes(expected), faults.join('\n'));
  });
}

test('one slip is one fault', () => {
  assert.equal(faultsOf('a:\n  schedule: * * * * *\nb: c\n').length, 1);
  assert.equal(
    faultsOf('app: *a\nservices: { web: { command: x } }\nenvironments: { a: { domain: a.test } }').length,
    1,
  );
});

test('references that grow without end are cut off', () => {
  const lines = ['x-0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]'];
  for (let i = 1; i < 20; i += 1)
    lines.push(
      `x-${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    );
  assert.match(faultsOf(lines.join('\n'))[0] ?? '', /the file grows too large through its references$/);
});

for (const [name, unit] of [
  ['brackets', '['],
  ['braces', '{a: '],
  ['dashes', '- '],
  ['question marks', '? '],
] as const) {
  test(`${name} nested a hundred thousand times are refused`, () => {
    assert.match(faultsOf(`app: x\ny: ${unit.repeat(100_000)}`).join('\n'), /^m\.yaml:\d+:\d+ /);
  });
}

test('forty levels are too many', () => {
  assert.match(faultsOf(`app: x\nx-a: ${'['.repeat(40)}${']'.repeat(40)}`)[0] ?? '', /nested too deeply$/);
});

test('a file above one megabyte is refused unread', () => {
  assert.deepEqual(faultsOf('#'.repeat(1024 * 1024 + 1)), ['m.yaml:1:1 the file is larger than 1 MiB']);
});

test('a file of endless small parts is refused', () => {
  assert.deepEqual(faultsOf('- \n'.repeat(200_000)), ['m.yaml:1:1 the file holds too much for a manifest']);
});
