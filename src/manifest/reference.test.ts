import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { draftManifest } from './draft/draft-manifest.ts';
import { exampleProjects, factsOf } from './draft/example-projects.ts';
import { manifestJsonSchema } from './json-schema.ts';
import { formatIssue, parseManifest } from './parse-manifest.ts';
import { manifestReference } from './reference.ts';
import { anchorExample, sectionExamples, sections } from './reference-examples.ts';
import { manifestSchema } from './schema.ts';
import { fixedKeys, withoutOptional } from './schema-walk.ts';

const docs = new URL('../../docs/reference/', import.meta.url);
const whole = sections.map((section) => sectionExamples[section]).join('\n');
const editorSchema = z.fromJSONSchema(manifestJsonSchema());

function assertAccepted(text: string): void {
  const parsed = parseManifest(text, 'mainstay.yaml');
  assert.ok(parsed.ok, parsed.ok ? '' : `${text}\n${parsed.issues.map(formatIssue).join('\n')}`);
  const judged = editorSchema.safeParse(withoutExtensions(parse(text, { merge: true })));
  assert.ok(judged.success, judged.success ? '' : `${text}\n${z.prettifyError(judged.error)}`);
}

/** The schema allows them by a pattern, which the converter used here does not read. */
function withoutExtensions(value: unknown): unknown {
  return Object.fromEntries(Object.entries(value as object).filter(([key]) => !key.startsWith('x-')));
}

test('the example of the page is a manifest, for the parser and for editors', () => {
  assertAccepted(whole);
  assertAccepted(anchorExample);
});

for (const section of sections) {
  test(`the example of ${section} works with nothing but what it needs around it`, () => {
    const base: Record<string, string> = {
      app: 'app: shop\n',
      services: 'services: { web: { command: node x }, mailer: { command: node y } }\n',
      environments: 'environments: { production: { domain: shop.test } }\n',
    };
    assertAccepted(Object.values({ ...base, [section]: sectionExamples[section] }).join(''));
  });
}

test('what the parser accepts of drafts, editors accept', () => {
  for (const files of Object.values(exampleProjects)) assertAccepted(draftManifest(factsOf(files)).text);
});

test('editors see the faults that lie in one value', () => {
  for (const fault of [
    'bild: 1',
    'release: { keep: 0 }',
    'deploy: { watch: 30 }',
    'services: { Web: { command: x } }',
  ]) {
    const data: unknown = parse(`app: a\nenvironments: { p: { domain: a.test } }\n${fault}`);
    assert.ok(!editorSchema.safeParse(data).success, fault);
  }
});

test('every key has a description and an example that its own schema accepts', () => {
  let count = 0;
  const visit = (schema: z.core.$ZodType, path: string): void => {
    const inner = withoutOptional(schema);
    if (inner instanceof z.ZodRecord) visit(inner.valueType, `${path}.*`);
    for (const [key, member] of Object.entries(fixedKeys(schema) ?? {})) {
      const { description, examples } = z.globalRegistry.get(member) ?? {};
      assert.ok(description !== undefined && description !== '', `${path}.${key}`);
      const [example] = (examples ?? []) as unknown[];
      assert.ok(z.safeParse(member, example).success, `${path}.${key}: ${JSON.stringify(example)}`);
      count += 1;
      visit(member, `${path}.${key}`);
    }
  };
  visit(manifestSchema, '');
  assert.ok(count > 60, `${count} keys`);
});

test('the files under docs/reference are what the schema says now', () => {
  const hint = 'npm run docs writes them anew';
  assert.equal(readFileSync(new URL('manifest.md', docs), 'utf8'), manifestReference(), hint);
  const schema = `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`;
  assert.equal(readFileSync(new URL('mainstay.schema.json', docs), 'utf8'), schema, hint);
});
