import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

const runner = join(import.meta.dirname, 'run-tests.ts');
const head = "import { test, describe } from 'node:test';\nimport assert from 'node:assert/strict';\n";
const scratch: string[] = [];

after(() => {
  for (const directory of scratch) rmSync(directory, { recursive: true, force: true });
});

/** A killed process is listed as a zombie until its parent, by then init, has collected it. */
function hasEnded(pid: number): boolean {
  try {
    return /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

/** A project whose test files are those given; the reporters write to its node_modules. */
function project(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'rt-'));
  scratch.push(root);
  for (const [path, text] of Object.entries({ 'package.json': '{ "type": "module" }', ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), path.endsWith('.ts') ? head + text : text);
  }
  return root;
}

function runnerArguments(root: string, args: readonly string[]): string[] {
  const script = `const { runTests } = await import(process.argv[1]);
    process.exitCode = await runTests(process.argv[2], process.argv.slice(3));`;
  return [
    '--disable-warning=ExperimentalWarning',
    '--input-type=module',
    '-e',
    script,
    runner,
    root,
    ...args,
  ];
}

function run(files: Readonly<Record<string, string>>, args: readonly string[] = []) {
  const root = project(files);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    runnerArguments(root, ['--concurrency=2', ...args]),
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  assert.equal(stderr, '');
  return { status, stdout, lastLine: stdout.trimEnd().split('\n').at(-1) };
}

test('the closing line counts what passed, failed and was skipped', () => {
  const { status, stdout, lastLine } = run({
    'src/a.test.ts': "test('one', () => {});\ntest('two', { skip: 'no docker here' }, () => {});\n",
    'src/b.test.ts': "describe('group', () => { test('three', () => assert.equal(1, 2)); });\n",
  });
  assert.equal(lastLine, '1 passed, 1 failed, 1 skipped');
  assert.equal(status, 1);
  assert.match(stdout, /skipped: two \(no docker here\)/);
  assert.match(stdout, /✗ group › three/);
  assert.match(stdout, /1 !== 2/);
});

test('all passing ends with exit code 0', () => {
  const { status, lastLine } = run({
    'src/a.test.ts': "test('one', async (t) => { await t.test('x', () => {}); });\n",
  });
  assert.equal(lastLine, '2 passed, 0 failed, 0 skipped');
  assert.equal(status, 0);
});

test('a run in which no test ran is a failure', () => {
  assert.equal(run({}).status, 1);
  assert.equal(run({ 'src/a.test.ts': "test('one', { skip: true }, () => {});\n" }).status, 1);
});

test('filters choose files by a part of their path, and a name pattern chooses tests', () => {
  const files = {
    'src/a.test.ts': "test('one', () => {});\ntest('two', () => {});\n",
    'src/b.test.ts': "test('three', () => {});\n",
  };
  assert.equal(run(files, ['src/b']).lastLine, '1 passed, 0 failed, 0 skipped');
  assert.equal(run(files, ['--name=two', 'src/a']).lastLine, '1 passed, 0 failed, 0 skipped');
  assert.match(run(files, ['absent']).stdout, /No test file whose path contains absent/);
});

test('a file that throws before its tests, or exits early, is a failure', () => {
  const { stdout, lastLine } = run({
    'src/a.test.ts': "throw new Error('not even started');\n",
    'src/b.test.ts': "test('one', () => { process.exit(0); });\n",
    'src/c.test.ts': "test('one', () => { process.kill(process.pid, 'SIGKILL'); });\n",
  });
  assert.equal(lastLine, '0 passed, 3 failed, 0 skipped');
  assert.match(stdout, /not even started/);
  assert.match(stdout, /c\.test\.ts: ended by SIGKILL/);
});

test('a file that does not end is killed and tells what was running and what was open', () => {
  const { stdout, status } = run(
    {
      'src/a.test.ts':
        "test('waits', async () => { await new Promise(() => { setInterval(() => {}, 1000); }); });\n",
      'src/b.test.ts':
        "import { createServer } from 'node:net';\ntest('opens', () => { createServer().listen(0); });\n",
    },
    ['--timeout=2'],
  );
  assert.equal(status, 1);
  assert.match(stdout, /does not end within 2 s\n\s+Still running: waits\. Open: .*Timeout/);
  assert.match(stdout, /No test was running\. Open: .*TCPServerWrap.*must close all that it opens/);
});

test('a process that a test leaves behind is killed and makes the file fail, in its group or out of it', async () => {
  const files = Object.fromEntries(
    [false, true].map((detached) => [
      `src/${detached ? 'detached' : 'attached'}.test.ts`,
      `import { spawn } from 'node:child_process';
       test('spawns', () => {
         const child = spawn('sleep', ['1000'], { detached: ${detached}, stdio: 'ignore' });
         child.unref();
         console.log('pid=' + child.pid);
         assert.fail('to see the output');
       });\n`,
    ]),
  );
  const { stdout } = run(files);
  assert.equal(stdout.match(/leaves processes behind/g)?.length, 4);
  assert.match(stdout, /sleep 1000/);
  for (const [, pid] of stdout.matchAll(/pid=(\d+)/g)) assert.ok(hasEnded(Number(pid)));
});

test('each file has its own temporary and state directory, and both are gone afterwards', () => {
  const { stdout } = run({
    'src/a.test.ts': `import { tmpdir } from 'node:os';
      import { writeFileSync } from 'node:fs';
      test('tells', () => {
        writeFileSync(tmpdir() + '/crumb', '');
        assert.fail([tmpdir(), process.env.MAINSTAY_HOME].join(' '));
      });\n`,
  });
  const [, temporary = '', home = ''] = /(\S+mt-\w+\/0\/t) (\S+)/.exec(stdout) ?? [];
  assert.equal(home, join(temporary, 'home'));
  assert.equal(existsSync(temporary), false);
  assert.match(stdout, /left in its temporary directory: crumb/);
});

test('an interrupted run ends what it started', async () => {
  const root = project({
    'src/a.test.ts': `import { spawn } from 'node:child_process';
      import { writeFileSync } from 'node:fs';
      test('waits', async () => {
        const child = spawn('sleep', ['1000'], { detached: true });
        writeFileSync(${JSON.stringify('pids')}, process.pid + ' ' + child.pid);
        await new Promise((resolve) => child.on('exit', resolve));
      });\n`,
  });
  const child = spawn(process.execPath, runnerArguments(root, []), { cwd: root, stdio: 'ignore' });
  const exit = new Promise((resolve) => child.on('exit', (code) => resolve(code)));
  const pids = join(root, 'pids');
  while (!existsSync(pids) || readFileSync(pids, 'utf8') === '') await sleep(20);
  child.kill('SIGINT');
  assert.equal(await exit, 130);
  for (const pid of readFileSync(pids, 'utf8').split(' ')) assert.ok(hasEnded(Number(pid)));
});
