import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkNames } from './check-names.ts';
import { sourceFile } from './source-file.ts';

function rulesOf(path: string, text = 'export const a = 1;\n'): string[] {
  return checkNames([sourceFile(path, text)]).map(({ rule }) => rule);
}

test('a name that says nothing is refused, as a file, a folder or a part of either', () => {
  for (const path of [
    'src/cli/utils.ts',
    'src/common/text.ts',
    'src/agent/process-manager.ts',
    'tools/misc.mjs',
  ]) {
    assert.deepEqual(rulesOf(path), ['vague-name'], path);
  }
  assert.deepEqual(rulesOf('src/cli/commonplace.ts'), []);
});

test('names are in kebab-case', () => {
  assert.deepEqual(rulesOf('src/cli/planDeploy.ts'), ['kebab-case']);
  assert.deepEqual(rulesOf('src/cli/plan_deploy.ts'), ['kebab-case']);
  assert.deepEqual(rulesOf('src/cli/plan-deploy.test.ts'), []);
});

test('a default export is refused in each of its forms', () => {
  assert.deepEqual(rulesOf('src/a.ts', 'export default function a() {}\n'), ['default-export']);
  assert.deepEqual(rulesOf('src/a.ts', 'const a = 1;\nexport { a as default };\n'), ['default-export']);
});

test('a file that only passes on exports of others is refused', () => {
  assert.deepEqual(rulesOf('src/a.ts', "export * from './b.ts';\nexport { c } from './c.ts';\n"), ['barrel']);
  assert.deepEqual(rulesOf('src/a.ts', "export { c } from './c.ts';\nexport const b = 1;\n"), []);
});

test('a file of more than 300 lines is refused, a test may have 600', () => {
  const lines = (count: number): string => 'export {};\n'.repeat(count);
  assert.deepEqual(rulesOf('src/a.ts', lines(300)), []);
  assert.deepEqual(rulesOf('src/a.ts', lines(301)), ['length']);
  assert.deepEqual(rulesOf('src/a.test.ts', lines(600)), []);
  assert.deepEqual(rulesOf('src/a.test.ts', lines(601)), ['length']);
});

test('an example application is written as its author likes', () => {
  assert.deepEqual(rulesOf('examples/shop/lib/Utils.js', 'export default 1;\n'), []);
});
