import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { acquireProcessLock, lockOwner } from './process-lock.ts';

describe('acquireProcessLock', () => {
  let directory = '';
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lock-'));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  it('refuses a second taker and names the pid', async () => {
    const path = join(directory, 'one');
    await using _lock = await acquireProcessLock(path, 'the test');
    await assert.rejects(acquireProcessLock(path, 'the test'), {
      code: 'state-locked',
      message: new RegExp(`pid ${process.pid}`),
    });
    assert.equal((await lockOwner(path))?.pid, process.pid);
  });

  it('is free again after it was given back', async () => {
    const path = join(directory, 'two');
    await (await acquireProcessLock(path, 'the test'))[Symbol.asyncDispose]();
    await using _lock = await acquireProcessLock(path, 'the test');
    assert.ok(await lockOwner(path));
  });

  it('takes over the lock of a process that is gone, also when its pid was given to another', async () => {
    const path = join(directory, 'three');
    await writeFile(path, JSON.stringify({ pid: process.pid, startedAt: 'another boot:1' }));
    await using _lock = await acquireProcessLock(path, 'the test');
    assert.equal((await lockOwner(path))?.pid, process.pid);
  });

  it('takes over a lock that is damaged', async () => {
    const path = join(directory, 'four');
    await writeFile(path, '{');
    await using _lock = await acquireProcessLock(path, 'the test');
    assert.ok(await lockOwner(path));
  });
});
