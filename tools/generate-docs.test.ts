import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { referencePages } from './reference/pages.ts';
import { shapeText } from './reference/shape-text.ts';

for (const [path, text] of await referencePages()) {
  test(`${path} is what the program says of itself; else run: npm run docs`, async () => {
    assert.equal(await readFile(new URL(`../${path}`, import.meta.url), 'utf8'), text);
  });
}

test('a schema is shown as the type that it describes', () => {
  assert.equal(shapeText({ type: 'array', items: { enum: ['a', 'b'] } }), '("a" | "b")[]');
  assert.equal(
    shapeText({
      type: 'object',
      properties: { a: { type: 'string' }, b: { anyOf: [{ type: 'number' }, { type: 'null' }] } },
      required: ['b'],
    }),
    '{ a?: string, b: number | null }',
  );
  assert.equal(
    shapeText({ type: 'object', properties: { a: { type: 'string', description: 'Why.', default: 'x' } } }),
    '{\n  a?: string, // Why.; default "x"\n}',
  );
  assert.equal(
    shapeText({ type: 'object', additionalProperties: { type: 'integer' } }),
    '{ [name]: integer }',
  );
});
