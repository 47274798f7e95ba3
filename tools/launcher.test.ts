import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const project = join(import.meta.dirname, '..');
const node = `node-linux-${process.arch}`;
const quiet = '--disable-warning=ExperimentalWarning';
const scratch = mkdtempSync(join(tmpdir(), 'launch-'));
let count = 0;

after(() => rmSync(scratch, { recursive: true, force: true }));

/** Preloads that make this Node look like one from before `execve`, and like one before type stripping. */
const withoutExecve = '--import=data:text/javascript,delete process.execve';
const asNode20 =
  '--import=data:text/javascript,' +
  encodeURIComponent(
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.1.0' } })",
  );

const tellAll = `
  export function main(args: readonly string[]): void {
    const { MALLOC_ARENA_MAX: arenas } = process.env;
    const facts: object = { execPath: process.execPath, execArgv: process.execArgv, args, arenas };
    process.stdout.write(JSON.stringify({ ...facts, ppid: process.ppid, pid: process.pid }));
    process.exitCode = 3;
  }
`;

/** A package with our launcher and a program of our own. */
function install(program: string, { pinned = true } = {}): string {
  count += 1;
  const root = join(scratch, String(count));
  cpSync(join(project, 'bin'), join(root, 'bin'), { recursive: true });
  mkdirSync(join(root, 'src'));
  mkdirSync(join(root, 'node_modules'));
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(root, 'src', 'main.ts'), program);
  if (pinned) symlinkSync(join(project, 'node_modules', node), join(root, 'node_modules', node));
  return root;
}

function start(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr, pid } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  const facts = stdout.startsWith('{')
    ? (JSON.parse(stdout) as {
        execPath: string;
        execArgv: string[];
        arenas?: string;
        args: string[];
        ppid: number;
        pid: number;
      })
    : undefined;
  return { status, stdout, stderr, pid, facts };
}

test('the program becomes the pinned Node, in the same process, with arguments and exit code intact', () => {
  const { status, stderr, facts, pid } = start(join(install(tellAll), 'bin', 'mainstay'), [
    'a b',
    '',
    '$x',
    '--',
    '*',
  ]);
  assert.equal(stderr, '');
  assert.equal(status, 3);
  assert.deepEqual(facts?.args, ['a b', '', '$x', '--', '*']);
  assert.deepEqual(facts?.execArgv, [quiet]);
  assert.equal(facts?.pid, pid);
});

test('a link to the program finds the package', () => {
  const link = join(scratch, 'mainstay');
  symlinkSync(join(install(tellAll), 'bin', 'mainstay'), link);
  assert.equal(start(link, []).status, 3);
  assert.equal(start(process.execPath, [link]).status, 3);
});

test('the program is found from its own directory by sh as well', () => {
  const { status } = spawnSync('sh', ['mainstay'], { cwd: join(install(tellAll), 'bin') });
  assert.equal(status, 3);
});

test('started with a Node that can, it hands over within the process; with one that cannot, through a child', () => {
  const launcher = join(install(tellAll), 'bin', 'mainstay');
  const same = start(process.execPath, [launcher, 'x']);
  assert.deepEqual([same.status, same.stderr, same.facts?.args, same.facts?.pid], [3, '', ['x'], same.pid]);
  const child = start(process.execPath, [withoutExecve, asNode20, launcher, 'x']);
  assert.deepEqual(
    [child.status, child.stderr, child.facts?.args, child.facts?.ppid],
    [3, '', ['x'], child.pid],
  );
  assert.deepEqual(child.facts?.execArgv, [quiet]);
});

test('signals reach the program through a handing-over parent, and its end becomes the parent’s', async () => {
  const program = `
    export function main() {
      process.on('SIGTERM', () => process.kill(process.pid, 'SIGKILL'));
      process.on('SIGINT', () => process.stdout.write('interrupted'));
      setInterval(() => {}, 1000);
      process.stdout.write('ready');
    }
  `;
  const launcher = join(install(program), 'bin', 'mainstay');
  const parent = spawn(process.execPath, [withoutExecve, launcher], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => parent.on('exit', (code, signal) => resolve(signal ?? code)));
  let output = '';
  for await (const chunk of parent.stdout.setEncoding('utf8')) {
    output += String(chunk);
    if (output === 'ready') parent.kill('SIGINT');
    if (output === 'readyinterrupted') parent.kill('SIGTERM');
  }
  assert.equal(output, 'readyinterrupted');
  assert.equal(await ended, 'SIGKILL');
});

test('without the pinned Node it makes do with one that is new enough', () => {
  const launcher = join(install(tellAll, { pinned: false }), 'bin', 'mainstay');
  const { status, facts } = start(process.execPath, [launcher, 'x']);
  assert.equal(status, 3);
  assert.equal(facts?.execPath, process.execPath);
});

test('without the pinned Node and with an old one it says what to run', () => {
  const root = install(tellAll, { pinned: false });
  const { status, stderr } = start(process.execPath, [asNode20, join(root, 'bin', 'mainstay')]);
  assert.equal(status, 127);
  assert.match(stderr, /older than 24\.2/);
  assert.ok(stderr.includes(`cd ${root} && npm ci`), stderr);
});

test('without any Node it says what to install', () => {
  const root = install(tellAll, { pinned: false });
  const { status, stderr } = start(join(root, 'bin', 'mainstay'), [], { PATH: '/nonexistent' });
  assert.equal(status, 127);
  assert.match(stderr, /no Node\.js on this machine/);
  assert.ok(stderr.includes(`cd ${root} && npm ci`), stderr);
});

test('the program is compiled once: its owner finds the compiled code beside it', () => {
  const root = install(tellAll);
  start(join(root, 'bin', 'mainstay'), []);
  assert.ok(existsSync(join(root, 'node_modules', '.cache', 'mainstay')));
});

test('what runs for months starts small, however it is started; a command does not', () => {
  const launcher = join(install(tellAll), 'bin', 'mainstay');
  const small = [quiet, '--max-semi-space-size=2'];
  for (const { status, facts } of [
    start(launcher, ['agent']),
    start(process.execPath, [launcher, 'agent']),
  ]) {
    assert.equal(status, 3);
    assert.deepEqual([facts?.execArgv, facts?.arenas, facts?.args], [small, '1', ['agent']]);
  }
  const { facts } = start(launcher, ['status', 'agent'], { MALLOC_ARENA_MAX: '7' });
  assert.deepEqual([facts?.execArgv, facts?.arenas], [[quiet], '7']);
});

test('what runs for months does not strip types itself: another process did, and does again after a change', () => {
  const root = install(`
    export function main(args: readonly string[]): void {
      const strips = process.moduleLoadList.some((name: string) => name.includes('amaro'));
      process.stdout.write(args[0] + (strips ? ' strips' : ' finds it done') + ' in version 1');
    }
  `);
  const launcher = join(root, 'bin', 'mainstay');
  assert.equal(start(launcher, ['serve']).stdout, 'serve finds it done in version 1');
  const main = join(root, 'src', 'main.ts');
  writeFileSync(main, `${readFileSync(main, 'utf8').replace('version 1', 'version 22')}\n`);
  assert.equal(start(launcher, ['agent']).stdout, 'agent finds it done in version 22');
});
