import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';

const scratch = mkdtempSync(join(tmpdir(), 'deps-'));
let count = 0;

after(() => rmSync(scratch, { recursive: true, force: true }));

const lock = (version: string): string =>
  JSON.stringify({
    lockfileVersion: 3,
    packages: {
      '': { name: 'sample' },
      'node_modules/a': { version, integrity: `sha512-${version}` },
      'node_modules/b': { version: '1.0.0', optional: true },
    },
  });

/**
 * A project with our task runner, one dependency, and an npm that "installs" it: it counts its calls, takes as long
 * as it is told, and then does what a real one does last. No network, so no registry's mood decides.
 */
function project({ npm = 'install' }: { npm?: 'install' | 'fail' | 'incomplete' } = {}): string {
  count += 1;
  const root = join(scratch, String(count));
  mkdirSync(join(root, 'tools'), { recursive: true });
  cpSync(join(import.meta.dirname, '..', 'bin'), join(root, 'bin'), { recursive: true });
  for (const name of ['run.mjs', 'dependencies.mjs', 'install-lock.mjs']) {
    cpSync(join(import.meta.dirname, name), join(root, 'tools', name));
  }
  write(root, 'package-lock.json', lock('1.0.0'));
  write(root, 'package.json', '{ "type": "module" }');
  write(
    root,
    'tools/check.ts',
    'process.stdout.write(`task ${process.argv.slice(2)}`); process.exitCode = 5;',
  );
  write(
    root,
    'npm.js',
    `import { appendFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
     import { setTimeout as sleep } from 'node:timers/promises';
     appendFileSync('calls', process.argv.slice(2).join(' ') + '\\n');
     if (${JSON.stringify(npm)} === 'fail') process.exit(1);
     await sleep(200);
     mkdirSync('node_modules/a', { recursive: true });
     writeFileSync('node_modules/a/package.json', '{}');
     if (${JSON.stringify(npm)} === 'install') cpSync('package-lock.json', 'node_modules/.package-lock.json');`,
  );
  return root;
}

function write(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function calls(root: string): string[] {
  try {
    return readFileSync(join(root, 'calls'), 'utf8').trim().split('\n');
  } catch {
    return [];
  }
}

async function run(root: string, ...args: string[]) {
  const child = spawn(process.execPath, ['tools/run.mjs', ...args], {
    cwd: root,
    env: { ...process.env, npm_execpath: join(root, 'npm.js') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise((resolve) => child.on('close', resolve));
  return { code, stdout, stderr };
}

test('missing dependencies are installed once, and the task keeps its arguments, output and exit code', async () => {
  const root = project();
  const first = await run(root, 'check', 'x', 'y');
  assert.deepEqual([first.code, first.stdout], [5, 'task x,y']);
  assert.match(
    first.stderr,
    /Installing dependencies: they are not installed\.[^]*Dependencies installed in/,
  );
  assert.match(calls(root)[0] ?? '', /^ci .*--ignore-scripts/);
  const second = await run(root, 'check');
  assert.equal(second.stderr, '');
  assert.equal(calls(root).length, 1);
});

test('dependencies of another version, or broken off, are installed again', async () => {
  const root = project();
  await run(root, 'check');
  write(root, 'package-lock.json', lock('1.0.1'));
  assert.match((await run(root, 'check')).stderr, /a is 1\.0\.0, package-lock\.json says 1\.0\.1/);
  rmSync(join(root, 'node_modules', 'a'), { recursive: true });
  assert.match((await run(root, 'check')).stderr, /a is missing/);
  rmSync(join(root, 'node_modules', '.package-lock.json'));
  assert.match((await run(root, 'check')).stderr, /they are not installed/);
  assert.equal(calls(root).length, 4);
});

test('of several that start at once one installs and the others wait', async () => {
  const root = project();
  const runs = await Promise.all([run(root, 'check'), run(root, 'check'), run(root, 'check')]);
  assert.deepEqual(
    runs.map(({ code }) => code),
    [5, 5, 5],
  );
  assert.equal(calls(root).length, 1);
});

test('a failed installation says so and runs nothing', async () => {
  for (const npm of ['fail', 'incomplete'] as const) {
    const root = project({ npm });
    const { code, stdout, stderr } = await run(root, 'check');
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(
      stderr,
      /Cannot install the dependencies: npm .*\. Check the network, then run: cd .* && npm ci/,
    );
  }
});

test('an unknown task is answered with the list of tasks', async () => {
  const { code, stderr } = await run(project(), 'chekc');
  assert.equal(code, 2);
  assert.match(stderr, /Tasks: quickstart, test/);
});
