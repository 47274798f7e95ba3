import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';

const project = join(import.meta.dirname, '..');
const settings = ['tsconfig.json', 'biome.json', '.oxlintrc.json', 'knip.json', 'package.json'];
const scratch = mkdtempSync(join(tmpdir(), 'check-'));
let count = 0;

after(() => rmSync(scratch, { recursive: true, force: true }));

/** Runs the checks with the project's own settings over other sources; exceptions of the project do not matter. */
function check(files: Readonly<Record<string, string>>) {
  count += 1;
  const root = join(scratch, String(count));
  mkdirSync(root);
  for (const name of settings) cpSync(join(project, name), join(root, name));
  // Only what the sources use, or all others would be reported as unused.
  writeFileSync(
    join(root, 'package.json'),
    '{ "type": "module", "devDependencies": { "@types/node": "*" } }\n',
  );
  symlinkSync(join(project, 'node_modules'), join(root, 'node_modules'));
  writeFileSync(join(root, '.gitignore'), 'node_modules\n');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const script = `const { runChecks } = await import(process.argv[1]);
    process.exitCode = await runChecks(process.argv[2], []);`;
  const runner = join(import.meta.dirname, 'run-checks.ts');
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script, runner, root];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.equal(stderr, '');
  return { status, stdout };
}

const sound = {
  'src/main.ts':
    "import { greeting } from './core/greeting.ts';\n\nprocess.stdout.write(greeting('world'));\n",
  'src/core/greeting.ts':
    'export function greeting(name: string): string {\n  return `Hello, ${name}.`;\n}\n',
};

test('sound sources pass every check', () => {
  const { status, stdout } = check(sound);
  assert.match(stdout, /\nAll 7 checks passed in /);
  assert.equal(status, 0);
});

test('a planted mistake is found by the check that is there for it', () => {
  const { status, stdout } = check({
    ...sound,
    'src/main.ts': `${sound['src/main.ts']}import { b } from './core/planted.ts';\nb;\n`,
    'src/core/planted.ts': [
      "import { readFile } from 'node:fs/promises';",
      'export const a: number = "one";',
      'export function b( ) {',
      "  readFile('x');",
      '}',
      'export const unused = 1;',
    ].join('\n'),
    'src/core/nobody-imports-me.ts': 'export const a = 1;\n',
    'src/core/helpers.ts': 'export const unexplained: any = 1;\n',
  });
  assert.equal(status, 1);
  assert.match(stdout, /✗ types: [^✓✗]*planted\.ts\(2,14\): error TS2322/);
  assert.match(stdout, /✗ lint: [^✓✗]*planted\.ts:4:3: .*no-floating-promises/);
  assert.match(
    stdout,
    /✗ dead code: [^✓✗]*Unused files[^✓✗]*nobody-imports-me\.ts[^✓✗]*planted\.ts: .*unused/,
  );
  assert.match(stdout, /✗ format: [^✓✗]*planted\.ts: not formatted/);
  assert.match(stdout, /✗ layers: [^✓✗]*planted\.ts:1: node:fs\/promises in a pure file/);
  assert.match(stdout, /✗ names: [^✓✗]*helpers\.ts: "helpers" says nothing/);
  assert.match(stdout, /✗ habits: [^✓✗]*helpers\.ts:1: `any` switches the compiler off/);
});
