import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, open, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Application } from '../harness/deployed-application.ts';
import { type Mainstay, startMainstay } from '../harness/mainstay.ts';
import { assertExit } from '../harness/run-command.ts';
import {
  assertSettled,
  assertSoundState,
  lastOperation,
  runningInstances,
} from '../harness/settled-state.ts';
import { waitUntil } from '../harness/wait-until.ts';

/** A file system of its own, so small that a test can fill it; undefined where none may be mounted. */
async function smallDisk(megabytes: number): Promise<(AsyncDisposable & { directory: string }) | undefined> {
  const directory = await mkdtemp(join(tmpdir(), 'disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', directory], { stdio: 'pipe' });
  } catch {
    await rm(directory, { recursive: true });
    return undefined;
  }
  return {
    directory,
    async [Symbol.asyncDispose]() {
      execFileSync('umount', [directory]);
      await rm(directory, { recursive: true });
    },
  };
}

const noMount = 'no small file system can be mounted here (that takes root)';

/** Fills the disk to the last block; disposing frees it again. */
async function fill(directory: string) {
  const path = join(directory, 'ballast');
  const file = await open(path, 'w');
  for (const size of [1024 * 1024, 4096, 1])
    for (;;) {
      try {
        await file.write(Buffer.alloc(size, 1));
      } catch {
        break;
      }
    }
  await file.close();
  assert.equal((await statfs(directory)).bavail, 0);
  return {
    async [Symbol.asyncDispose]() {
      await rm(path, { force: true });
    },
  };
}

async function deployed(mainstay: Mainstay): Promise<Application> {
  const application = new Application(mainstay, 'full');
  assertExit(await application.deploy('live', { version: 'v1' }), 0);
  return application;
}

test('a disk that is too small for the build fails the deploy, says so, and what serves goes on', async (context) => {
  await using disk = await smallDisk(48);
  if (disk === undefined) return context.skip(noMount);
  await using mainstay = await startMainstay({ parent: disk.directory });
  const application = await deployed(mainstay);
  // Built outside the small disk's reach would be no test: the build writes what does not fit.
  const build = { commands: ['head -c 200000000 /dev/urandom > big.bin'] };
  const ended = await application.deploy('live', { version: 'v2', manifest: { build } });
  assertExit(ended, 3);
  assert.match(ended.stdout + ended.stderr, /[Nn]o space/);
  await assertSettled(mainstay, application, 'live', { version: 'v1' });
  assertExit(await application.deploy('live', { version: 'v3' }), 0);
  await assertSettled(mainstay, application, 'live', { version: 'v3' });
  await assertSoundState(mainstay);
});

test('a source that fits once but not twice fails before it fills the disk', async (context) => {
  await using disk = await smallDisk(64);
  if (disk === undefined) return context.skip(noMount);
  await using mainstay = await startMainstay({ parent: disk.directory });
  const application = await deployed(mainstay);
  await application.write({ version: 'v2' });
  await writeFile(join(application.source, 'big.bin'), randomBytes(24 * 1024 * 1024));
  const ended = await application.run(['deploy', 'live']);
  assertExit(ended, 3);
  const { failure } = await lastOperation(mainstay, 'full/live');
  assert.equal(failure?.code, 'disk-full', failure?.message);
  assert.match(failure?.message ?? '', /no space is left/);
  assert.ok((failure?.message ?? '').includes(mainstay.home.root), failure?.message);
  await assertSettled(mainstay, application, 'live', { version: 'v1' });
  assertExit(await application.deploy('live', { version: 'v3' }), 0);
  await assertSettled(mainstay, application, 'live', { version: 'v3' });
});

test('a disk that is full when a deploy is asked for: it is refused or fails, and works when there is space again', async (context) => {
  await using disk = await smallDisk(48);
  if (disk === undefined) return context.skip(noMount);
  await using mainstay = await startMainstay({ parent: disk.directory });
  const application = await deployed(mainstay);
  await application.write({ version: 'v2' });
  {
    await using _ballast = await fill(disk.directory);
    const ended = await application.run(['deploy', 'live']);
    assertExit(ended, 3);
    assert.match(ended.stdout + ended.stderr, /[Nn]o space is left/);
    assert.equal(await application.version('live'), 'v1');
  }
  assertExit(await application.run(['deploy', 'live']), 0);
  await assertSettled(mainstay, application, 'live', { version: 'v2' });
  await assertSoundState(mainstay);
});

test('a disk that fills up while a deploy is under way: the journal stops it safely and it ends when there is space', async (context) => {
  await using disk = await smallDisk(48);
  if (disk === undefined) return context.skip(noMount);
  await using mainstay = await startMainstay({ parent: disk.directory });
  const application = await deployed(mainstay);
  const running = await application.startDeploy('live', { version: 'v2', fault: 'endless-migration' });
  await waitUntil('the migration runs', () =>
    runningInstances(mainstay, application, 'live').some((id) => id.includes('.before.')),
  );
  const migration = mainstay.processes().find(({ instance }) => instance?.includes('.before.'));
  assert.ok(migration);
  {
    await using _ballast = await fill(disk.directory);
    // The migration ends, and its end cannot be written down.
    process.kill(migration.pid, 'SIGKILL');
    await waitUntil(
      'nothing of the new release runs',
      () => runningInstances(mainstay, application, 'live').length === 1,
    );
    assert.equal(await application.version('live'), 'v1');
  }
  const ended = await running.ended;
  assert.ok([3, 5].includes(ended.code ?? 0), `${ended.code}\n${ended.stdout}${ended.stderr}`);
  await assertSettled(mainstay, application, 'live', { version: 'v1' });
  assertExit(await application.deploy('live', { version: 'v3' }), 0);
  await assertSettled(mainstay, application, 'live', { version: 'v3' });
  await assertSoundState(mainstay);
  await mkdir(join(disk.directory, 'room'), { recursive: true });
});
