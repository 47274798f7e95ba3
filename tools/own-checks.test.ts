import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkCommands } from './check-commands.ts';
import { checkDriverKinds } from './check-driver-kinds.ts';
import { checkImports } from './check-imports.ts';
import { checkLockfiles } from './check-lockfile.ts';
import { checkReasons } from './check-reasons.ts';
import { applyExceptions } from './own-checks.ts';
import { type Problem, sourceFile } from './source-file.ts';

type Check = (files: ReturnType<typeof sourceFile>[]) => Problem[];

function linesOf(check: Check, path: string, text: string): number[] {
  return check([sourceFile(path, text)]).map(({ line }) => line);
}

test('a shell is refused in each of the ways to get one', () => {
  const text = [
    "import { exec, spawn } from 'node:child_process';",
    "spawn('ls', [], { shell: true });",
    "spawn('sh', ['-c', `ls ${name}`]);",
    "spawn('sh', ['-c', 'ls ' + name]);",
    'exec(name);',
  ].join('\n');
  assert.deepEqual(linesOf(checkCommands, 'src/a.ts', text), [1, 2, 3, 4]);
});

test('a user’s command passed whole to a shell, and a constant one, are fine', () => {
  const text =
    "spawn('sh', ['-c', command]);\nspawn('sh', ['-c', 'exec \"$1\"', 'sh', name], { shell: false });\n";
  assert.deepEqual(linesOf(checkCommands, 'src/a.ts', text), []);
});

test('asking which driver it is, is refused outside the registry', () => {
  const text = "if (host.runtime === 'docker') start();\nswitch (x.kind) { case 'process': break; }\n";
  assert.deepEqual(linesOf(checkDriverKinds, 'src/deploys/a.ts', text), [1, 2]);
  assert.deepEqual(linesOf(checkDriverKinds, 'src/main.ts', text), []);
  assert.deepEqual(linesOf(checkDriverKinds, 'src/runtimes/runtime-registry.ts', text), []);
});

test('a new driver folder is a driver name at once', () => {
  const files = [
    sourceFile('src/clouds/nimbus/cloud.ts', ''),
    sourceFile('src/deploys/a.ts', "export const a = cloud.provider === 'nimbus';\n"),
  ];
  assert.equal(checkDriverKinds(files).length, 1);
});

test('a union of our own may be told apart by its kind', () => {
  assert.deepEqual(
    linesOf(checkDriverKinds, 'src/deploys/a.ts', "if (event.kind === 'started') go();\n"),
    [],
  );
});

test('any and the non-null mark need a comment on their line or above', () => {
  const text = [
    'export const a: any = 1;',
    'export const b = list[0]!;',
    '// The parser has no types.',
    'export const c: any = 1;',
    'export const d = list[0]!; // Filled two lines above.',
  ].join('\n');
  assert.deepEqual(linesOf(checkReasons, 'src/a.ts', text), [1, 2]);
  assert.deepEqual(linesOf(checkReasons, 'src/a.test.ts', text), []);
});

test('an import that loads far more than it says is refused, its types are not', () => {
  const text =
    "import { request } from 'node:http';\nimport type { Server } from 'node:http';\nimport 'node:net';\n";
  assert.deepEqual(linesOf(checkImports, 'src/a.ts', text), [1]);
  assert.deepEqual(linesOf(checkImports, 'src/a.test.ts', text), []);
});

test('a lockfile that leaves out a dependency, even one for another platform, is refused', () => {
  const lock = (names: readonly string[]): string =>
    JSON.stringify({
      packages: {
        '': { dependencies: { a: '1' } },
        'node_modules/a': { dependencies: { b: '1' }, optionalDependencies: { 'a-other-platform': '1' } },
        ...Object.fromEntries(names.map((name) => [`node_modules/${name}`, {}])),
      },
    });
  assert.deepEqual(linesOf(checkLockfiles, 'package-lock.json', lock(['b'])), [0]);
  assert.deepEqual(linesOf(checkLockfiles, 'package-lock.json', lock(['b', 'a-other-platform'])), []);
  assert.deepEqual(
    linesOf(checkLockfiles, 'package-lock.json', lock(['a-other-platform', 'a/node_modules/b'])),
    [],
  );
});

test('an exception takes its problem away, and one that covers nothing becomes a problem', () => {
  const problem: Problem = { rule: 'length', path: 'src/a.ts', line: 0, message: '' };
  const exceptions = [
    { rule: 'length', path: 'src/a.ts', reason: 'r' },
    { rule: 'barrel', path: 'src/b.ts', reason: 'r' },
  ];
  const { remaining, stale } = applyExceptions([problem, { ...problem, path: 'src/c.ts' }], exceptions);
  assert.deepEqual(
    remaining.map(({ path }) => path),
    ['src/c.ts'],
  );
  assert.deepEqual(
    stale.map(({ path }) => path),
    ['src/b.ts'],
  );
});
