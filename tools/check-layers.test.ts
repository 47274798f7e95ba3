import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLayers } from './check-layers.ts';
import { sourceFile } from './source-file.ts';

function problemsOf(path: string, text: string): string[] {
  return checkLayers([sourceFile(path, text)]).map(({ line, message }) => `${line} ${message}`);
}

test('core may not import another part, and the message says why', () => {
  const [problem] = problemsOf(
    'src/core/a.ts',
    "import { x } from './b.ts';\nimport { y } from '../system/c.ts';\n",
  );
  assert.match(
    problem ?? '',
    /^2 core may not import system .*it may import nothing\. Everything stands on core/,
  );
});

test('core may not import a package', () => {
  const [problem] = problemsOf('src/core/a.ts', "import { z } from 'zod';\n");
  assert.match(problem ?? '', /not even the package "zod"/);
});

test('a type import, a re-export and a dynamic import count as well', () => {
  const text = [
    "import type { A } from '../store/a.ts';",
    "export { b } from '../store/b.ts';",
    "const c = await import('../store/c.ts');",
    'export { c };',
  ].join('\n');
  assert.equal(problemsOf('src/cli/a.ts', text).length, 3);
});

test('features may not import each other', () => {
  const [problem] = problemsOf('src/deploys/a.ts', "import { x } from '../releases/x.ts';\n");
  assert.match(problem ?? '', /deploys may not import releases .*Features do not import each other/);
});

test('a feature may import core, system, manifest, interfaces and operations', () => {
  const text = [
    "import { a } from '../core/failure.ts';",
    "import { b } from '../system/durable-file.ts';",
    "import { c } from '../manifest/schema.ts';",
    "import { d } from '../hosts/host.ts';",
    "import { e } from '../operations/step.ts';",
    "import { f } from './steps/start.ts';",
    "import { g } from 'zod';",
    'export { a, b, c, d, e, f, g };',
  ].join('\n');
  assert.deepEqual(problemsOf('src/deploys/a.ts', text), []);
});

test('a feature may name the types of the contract and nothing of it that runs', () => {
  assert.deepEqual(problemsOf('src/deploys/a.ts', "import type { A } from '../api/agent.ts';\n"), []);
  assert.equal(problemsOf('src/deploys/a.ts', "import { a } from '../api/agent.ts';\n").length, 1);
});

test('nobody but main.ts names a driver', () => {
  const text = "import { DockerRuntime } from '../runtimes/docker/runtime.ts';\n";
  const [problem] = problemsOf('src/agent/a.ts', text);
  assert.match(
    problem ?? '',
    /names a driver\. Only src\/main\.ts does: take the interface from src\/runtimes\//,
  );
  assert.deepEqual(problemsOf('src/main.ts', text.replace('../', './')), []);
});

test('a driver may import its own interface and the host, and neither another driver nor policy', () => {
  const path = 'src/runtimes/docker/runtime.ts';
  const allowed =
    "import { a } from '../runtime.ts';\nimport { b } from '../../hosts/host.ts';\nexport { a, b };\n";
  assert.deepEqual(problemsOf(path, allowed), []);
  assert.match(problemsOf(path, "import { a } from '../process/spawn.ts';\n")[0] ?? '', /names a driver/);
  assert.match(
    problemsOf(path, "import { a } from '../../deploys/plan-deploy.ts';\n")[0] ?? '',
    /the driver runtimes\/docker may not import deploys/,
  );
  assert.match(
    problemsOf(path, "import { a } from '../../ingress/ingress.ts';\n")[0] ?? '',
    /may not import the interface of ingress/,
  );
});

test('the store may take the types of a feature and nothing that runs', () => {
  assert.deepEqual(problemsOf('src/store/a.ts', "import type { A } from '../releases/storage.ts';\n"), []);
  assert.match(
    problemsOf('src/store/a.ts', "import { a } from '../releases/storage.ts';\n")[0] ?? '',
    /store may not/,
  );
});

test('the server may import what lies directly in a feature and not what lies deeper', () => {
  assert.deepEqual(problemsOf('src/server/a.ts', "import { a } from '../deploys/deploys.ts';\n"), []);
  assert.equal(problemsOf('src/server/a.ts', "import { a } from '../deploys/steps/start.ts';\n").length, 1);
});

test('a folder that the table does not know is named', () => {
  assert.match(
    problemsOf('src/extras/a.ts', "import { a } from '../core/failure.ts';\n")[0] ?? '',
    /src\/extras\/ is not in the import table/,
  );
});

test('the program may not import tests or tools', () => {
  assert.match(
    problemsOf('src/cli/a.ts', "import { a } from '../../tools/check.ts';\n")[0] ?? '',
    /leaves src\//,
  );
});

test('tests are free of the table', () => {
  assert.deepEqual(problemsOf('src/core/a.test.ts', "import { a } from '../store/a.ts';\n"), []);
});
