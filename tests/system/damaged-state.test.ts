import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { Application } from '../harness/deployed-application.ts';
import { startMainstay } from '../harness/mainstay.ts';
import { assertExit } from '../harness/run-command.ts';
import { assertSettled } from '../harness/settled-state.ts';

test('a damaged database is refused with the way back and not overwritten, and visitors notice nothing', async () => {
  await using mainstay = await startMainstay();
  const application = new Application(mainstay, 'damaged');
  assertExit(await application.deploy('live', { version: 'v1' }), 0);
  await mainstay.shutDown('keep');
  const { database } = mainstay.home;
  const whole = await readFile(database);
  const damaged = Buffer.from(whole);
  damaged.fill(0x5a, 4096, 4096 * 4);
  await writeFile(database, damaged);
  await rm(`${database}-wal`, { force: true });

  const ended = await mainstay.run(['status']);
  assertExit(ended, 8);
  assert.ok(ended.stderr.includes(database), ended.stderr);
  assert.match(ended.stderr, /left as it is/);
  assert.match(ended.stderr, /cp |\.recover/, 'it says how to get back');
  assert.deepEqual(await readFile(database), damaged);
  assert.equal(await application.version('live'), 'v1');

  await writeFile(database, whole);
  await mainstay.ok(['status']);
  await assertSettled(mainstay, application, 'live', { version: 'v1' });
});

test('a database that is missing beside what belongs to it is not silently made anew', async () => {
  await using mainstay = await startMainstay();
  const application = new Application(mainstay, 'missing');
  assertExit(await application.deploy('live', { version: 'v1' }), 0);
  const pid = mainstay.pid('control');
  assert.ok(pid);
  // Killed, so that its write-ahead log stays.
  process.kill(pid, 'SIGKILL');
  const { database } = mainstay.home;
  const whole = await readFile(database);
  await rm(database);
  const ended = await mainstay.run(['status']);
  assertExit(ended, 8);
  assert.match(ended.stderr, /missing/);
  await writeFile(database, whole);
  await mainstay.ok(['status']);
  await assertSettled(mainstay, application, 'live', { version: 'v1' });
});

test('a database of a newer version is refused, naming both versions', async () => {
  await using mainstay = await startMainstay();
  await mainstay.ok(['status']);
  await mainstay.shutDown('stop');
  const version = setVersion(mainstay.home.database, (now) => now + 41);
  const ended = await mainstay.run(['status']);
  assertExit(ended, 8);
  assert.match(ended.stderr, new RegExp(`newer Mainstay: its schema is ${version}`));
  setVersion(mainstay.home.database, (now) => now - 41);
  await mainstay.ok(['status']);
});

function setVersion(path: string, change: (now: number) => number): number {
  const database = new DatabaseSync(path);
  try {
    const now = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
    database.exec(`PRAGMA user_version = ${change(now)}`);
    return change(now);
  } finally {
    database.close();
  }
}
