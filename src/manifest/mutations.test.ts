import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { canonicalJson } from '../core/json.ts';
import { manifestFromCanonical, toCanonicalManifest } from './canonical.ts';
import type { Manifest } from './manifest.ts';
import type { ManifestIssue } from './parse-manifest.ts';
import { formatIssue, parseManifest } from './parse-manifest.ts';
import { anchorExample, sectionExamples } from './reference-examples.ts';
import { resolveEnvironment } from './resolve-environment.ts';

const originals = [Object.values(sectionExamples).join('\n'), anchorExample];

/** What must hold for any text at all. */
function assertJudged(text: string): void {
  const parsed = parseManifest(text, 'mainstay.yaml');
  if (parsed.ok) assertWhole(parsed.manifest);
  else assertReadable(parsed.issues, text);
}

function assertWhole(manifest: Manifest): void {
  const stored = JSON.parse(canonicalJson(toCanonicalManifest(manifest))) as unknown;
  assert.deepEqual(manifestFromCanonical(stored), manifest);
  for (const { name } of manifest.environments) assert.ok(resolveEnvironment(manifest, name) !== undefined);
}

function assertReadable(issues: readonly ManifestIssue[], text: string): void {
  assert.ok(issues.length > 0 && issues.length <= 101, `${issues.length} issues`);
  const lines = text.split('\n');
  let [lastLine, lastColumn] = [1, 1];
  for (const issue of issues) {
    const { line, column } = issue;
    assert.ok(line > lastLine || (line === lastLine && column >= lastColumn), 'out of order');
    assert.ok(
      column >= 1 && column <= (lines[line - 1]?.length ?? -1) + 1,
      `${line}:${column} is outside of the text`,
    );
    const shown = formatIssue(issue);
    assert.match(shown, /^mainstay\.yaml:\d+:\d+ [^\n]+$/);
    assert.ok(!/undefined|\[object|; ;/.test(shown), shown);
    [lastLine, lastColumn] = [line, column];
  }
}

const fragments = fc.constantFrom(
  ...[
    '\t',
    '\n',
    '\r\n',
    ' ',
    '  ',
    ':',
    ': ',
    '- ',
    '-',
    '? ',
    '#',
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
    ',',
    '&a ',
    '*a',
  ],
  ...[
    '*common',
    '<<: ',
    '!!str ',
    '!x ',
    '|',
    '>',
    '%',
    '@',
    '`',
    '---\n',
    '...\n',
    '\0',
    '\u2028',
    '\ufeff',
    '\ud800',
  ],
  ...[
    'null',
    'true',
    '~',
    '0x1F',
    '1e999',
    '-1',
    '.inf',
    '99999999999999999999',
    '__proto__: 1',
    'constructor: {}',
  ],
);

type Edit = (text: string) => string;

const at = fc.double({ min: 0, max: 1, noNaN: true });
const place = (text: string, share: number) => Math.floor(share * text.length);
const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(at, fragments).map(
    ([where, what]): Edit =>
      (text) => {
        const index = place(text, where);
        return text.slice(0, index) + what + text.slice(index);
      },
  ),
  fc.tuple(at, fc.integer({ min: 1, max: 40 })).map(
    ([where, length]): Edit =>
      (text) => {
        const index = place(text, where);
        return text.slice(0, index) + text.slice(index + length);
      },
  ),
  fc.tuple(at, at, fc.integer({ min: 1, max: 60 })).map(
    ([from, to, length]): Edit =>
      (text) => {
        const index = place(text, to);
        return (
          text.slice(0, index) + text.slice(place(text, from), place(text, from) + length) + text.slice(index)
        );
      },
  ),
  fc.tuple(at, at).map(
    ([from, to]): Edit =>
      (text) => {
        const lines = text.split('\n');
        const [moved = ''] = lines.splice(Math.floor(from * lines.length), 1);
        lines.splice(Math.floor(to * lines.length), 0, moved);
        return lines.join('\n');
      },
  ),
  fc.tuple(at, fc.integer({ min: 0, max: 9 })).map(
    ([where, width]): Edit =>
      (text) => {
        const lines = text.split('\n');
        const index = Math.min(lines.length - 1, Math.floor(where * lines.length));
        lines[index] = ' '.repeat(width) + (lines[index] ?? '').trimStart();
        return lines.join('\n');
      },
  ),
);

test('a manifest with random edits of its text is judged, never thrown on', { timeout: 60_000 }, () => {
  const edits = fc.array(edit, { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.constantFrom(...originals), edits, (text, changes) =>
      assertJudged(changes.reduce((changed, change) => change(changed), text)),
    ),
    { seed: 20, numRuns: 1500 },
  );
});

const oddKey = fc.oneof(
  fc.constantFrom(
    'port',
    'command',
    'web',
    'staging',
    'env',
    '__proto__',
    'constructor',
    'toString',
    '<<',
    'x-y',
    '',
  ),
  fc.string({ maxLength: 8 }),
);
const oddValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<unknown>(
      'auto',
      '30s',
      '1%',
      '256MB',
      '/',
      '/health',
      'web',
      'production',
      'local',
      'swarm',
      'off',
    ),
    fc.constantFrom<unknown>(
      null,
      true,
      0,
      -1,
      1.5,
      3000,
      2 ** 60,
      Number.MAX_VALUE,
      Infinity,
      NaN,
      '',
      ' ',
      '\0',
    ),
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(oddKey, tie('value'), { maxKeys: 3 }),
  ),
})).value;

/** Replaces, removes or adds one member somewhere in the tree; `steps` choose the way down. */
function mutated(value: unknown, steps: readonly number[], key: string, replacement: unknown): unknown {
  const [step, ...rest] = steps;
  if (step === undefined || typeof value !== 'object' || value === null) return replacement;
  const entries = Object.entries(value);
  const index = Math.floor(step * (entries.length + 2));
  if (index === entries.length) entries.push([key, replacement]);
  else if (index > entries.length) entries.pop();
  else {
    const [name, member] = entries[index] ?? ['', null];
    entries[index] = [rest.length === 0 ? key : name, mutated(member, rest, key, replacement)];
  }
  if (Array.isArray(value)) return entries.map(([, member]) => member);
  return Object.fromEntries(entries);
}

test('a manifest with random changes of its values is judged, never thrown on', { timeout: 60_000 }, () => {
  const trees = originals.map((text) => parse(text, { merge: true }) as unknown);
  const change = fc.tuple(fc.array(at, { minLength: 1, maxLength: 5 }), oddKey, oddValue);
  fc.assert(
    fc.property(
      fc.constantFrom(...trees),
      fc.array(change, { minLength: 1, maxLength: 5 }),
      (tree, changes) => {
        const changed = changes.reduce<unknown>(
          (value, [steps, key, by]) => mutated(value, steps, key, by),
          tree,
        );
        assertJudged(stringify(changed, { aliasDuplicateObjects: false }));
      },
    ),
    { seed: 21, numRuns: 1500 },
  );
});

test('any text at all is judged, never thrown on', { timeout: 60_000 }, () => {
  const text = fc.array(fc.oneof(fragments, fc.string({ unit: 'binary', maxLength: 4 }), oddKey), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(text, (parts) => assertJudged(parts.join(''))),
    { seed: 22, numRuns: 1500 },
  );
});
