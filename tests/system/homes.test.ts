import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Application } from '../harness/deployed-application.ts';
import { startMainstay } from '../harness/mainstay.ts';
import { assertExit } from '../harness/run-command.ts';
import { assertSettled } from '../harness/settled-state.ts';

test('two homes side by side never meet', async () => {
  await using left = await startMainstay();
  await using right = await startMainstay();
  const one = new Application(left, 'twin');
  const other = new Application(right, 'twin');
  const [first, second] = await Promise.all([
    one.deploy('live', { version: 'left' }),
    other.deploy('live', { version: 'right' }),
  ]);
  assertExit(first, 0);
  assertExit(second, 0);
  await assertSettled(left, one, 'live', { version: 'left' });
  await assertSettled(right, other, 'live', { version: 'right' });
  assertExit(await other.run(['destroy', 'live', '--data', '--yes']), 0);
  await right.shutDown('stop');
  await assertSettled(left, one, 'live', { version: 'left' });
});

test('the sockets of a home are private, and nothing listens on a public address', async () => {
  await using mainstay = await startMainstay();
  const application = new Application(mainstay, 'private');
  assertExit(await application.deploy('live', { version: 'v1' }), 0);
  for (const socket of [mainstay.home.controlSocket, mainstay.home.agentSocket])
    assert.equal((await stat(socket)).mode & 0o777, 0o600, socket);
  const listening = await listenersOf(mainstay.processes().map(({ pid }) => pid));
  assert.ok(listening.length >= 2, 'ingress and instance listen');
  assert.deepEqual(
    listening.filter((address) => !address.startsWith('0100007F:') && address !== 'unknown'),
    [],
  );
});

test('what was started from within an instance does not belong to that instance', async () => {
  await using mainstay = await startMainstay();
  await mainstay.ok(['status'], { environment: { MAINSTAY_RUN: 'run-0123456789abcdef' } });
  const roles = mainstay.processes().filter(({ role }) => role === 'control' || role === 'agent');
  assert.equal(roles.length, 2);
  for (const { pid, role } of roles)
    assert.ok(!(await readFile(`/proc/${pid}/environ`, 'latin1')).includes('MAINSTAY_RUN='), role);
});

test('a home that cannot be made is refused with the path and the reason', async () => {
  await using mainstay = await startMainstay({ canStart: false });
  // A file where a directory should be: refused for everyone, root included.
  const blocked = join(mainstay.directory, 'file');
  await writeFile(blocked, 'in the way');
  const home = join(blocked, 'home');
  const ended = await mainstay.run(['status'], { environment: { MAINSTAY_HOME: home } });
  assertExit(ended, 8);
  assert.ok(ended.stderr.includes(home), ended.stderr);
  assert.equal(await readFile(blocked, 'utf8'), 'in the way');
});

test('a key that others can read is refused, with the command that mends it', async () => {
  await using mainstay = await startMainstay();
  await mainstay.ok(['status']);
  await mainstay.shutDown('stop');
  await chmod(mainstay.home.key, 0o644);
  const ended = await mainstay.run(['status']);
  assertExit(ended, 8);
  assert.ok(ended.stderr.includes(mainstay.home.key), ended.stderr);
  assert.match(ended.stderr, /chmod/);
  await chmod(mainstay.home.key, 0o600);
  await mainstay.ok(['status']);
});

test('a directory of the home that cannot be written fails the deploy by name, and what serves goes on', async (context) => {
  await using mainstay = await startMainstay();
  const application = new Application(mainstay, 'barred');
  assertExit(await application.deploy('live', { version: 'v1' }), 0);
  const locked = await lock(join(mainstay.home.blobs));
  if (locked === undefined)
    return context.skip('no way here to keep root from writing (chattr +i is refused)');
  try {
    const ended = await application.deploy('live', { version: 'v2' });
    assertExit(ended, 3);
    assert.ok((ended.stdout + ended.stderr).includes(mainstay.home.blobs), ended.stdout + ended.stderr);
  } finally {
    await locked.open();
  }
  await assertSettled(mainstay, application, 'live', { version: 'v1' });
  assertExit(await application.run(['deploy', 'live']), 0);
  await assertSettled(mainstay, application, 'live', { version: 'v2' });
});

/** Keeps everybody from writing below a directory. Rights do not bind root, so there it becomes a read-only mount. */
async function lock(directory: string): Promise<{ open(): Promise<void> } | undefined> {
  const { execFile } = await import('node:child_process');
  const { promisify } = await import('node:util');
  const run = promisify(execFile);
  await mkdir(directory, { recursive: true });
  if (process.getuid?.() !== 0) {
    await run('chmod', ['-R', 'a-w', directory]);
    return { open: async () => void (await run('chmod', ['-R', 'u+w', directory])) };
  }
  try {
    await run('mount', ['--bind', directory, directory]);
    await run('mount', ['-o', 'remount,ro,bind', directory]);
  } catch {
    return undefined;
  }
  return { open: async () => void (await run('umount', [directory])) };
}

/** Local addresses, as `/proc/net/tcp` writes them, of the listening sockets that these processes hold. */
async function listenersOf(pids: readonly number[]): Promise<string[]> {
  const { readdirSync, readlinkSync } = await import('node:fs');
  const inodes = new Set<string>();
  for (const pid of pids)
    for (const name of readdirSync(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`))?.[1];
      if (inode !== undefined) inodes.add(inode);
    }
  const lines = [];
  for (const table of ['tcp', 'tcp6'])
    lines.push(...(await readFile(`/proc/net/${table}`, 'utf8')).split('\n').slice(1));
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === '0A' && inodes.has(fields[9] ?? ''))
    .map((fields) => fields[1] ?? 'unknown');
}
