import assert from 'node:assert/strict';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openKey } from './key-file.ts';

describe('openKey', () => {
  let directory = '';
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'key-'));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  it('makes a key of 32 bytes on first use, for its owner alone, and finds it again', async () => {
    const path = join(directory, 'new', 'key');
    const key = await openKey(path);
    assert.equal(key.length, 32);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.match(await readFile(path, 'utf8'), /^[A-Za-z0-9_-]{43}\n$/);
    assert.deepEqual(await openKey(path), key);
    assert.deepEqual(await readdir(join(directory, 'new')), ['key']);
  });

  it('ends with one key when several make it at once', async () => {
    const path = join(directory, 'race');
    const keys = await Promise.all(Array.from({ length: 8 }, () => openKey(path)));
    assert.equal(new Set(keys.map((key) => key.toString('hex'))).size, 1);
  });

  for (const mode of [0o640, 0o604, 0o620, 0o601]) {
    it(`refuses a file of mode ${mode.toString(8)} and says what to run`, async () => {
      const path = join(directory, `mode-${mode.toString(8)}`);
      await openKey(path);
      await chmod(path, mode);
      await assert.rejects(openKey(path), { code: 'key-exposed', hint: new RegExp(`chmod 600 ${path}`) });
    });
  }

  it('refuses a file that belongs to another user', async (t) => {
    if (process.getuid?.() !== 0) return t.skip('giving a file away needs root');
    const path = join(directory, 'foreign');
    await openKey(path);
    await chown(path, 65_534, 65_534);
    await assert.rejects(openKey(path), { code: 'key-exposed', message: /uid 65534/ });
  });

  for (const mode of [0o777, 0o1777, 0o770, 0o702]) {
    it(`refuses a directory of mode ${mode.toString(8)}, where others could put a key of their own`, async () => {
      const path = join(directory, `open-${mode.toString(8)}`);
      await openKey(join(path, 'key'));
      await chmod(path, mode);
      await assert.rejects(openKey(join(path, 'key')), { code: 'permission-denied', hint: /chmod go-w/ });
    });
  }

  it('refuses a directory that belongs to another user', async (t) => {
    if (process.getuid?.() !== 0) return t.skip('giving a directory away needs root');
    const path = join(directory, 'given');
    await mkdir(path, { mode: 0o700 });
    await chown(path, 65_534, 65_534);
    await assert.rejects(openKey(join(path, 'key')), { code: 'permission-denied', message: /uid 65534/ });
    assert.deepEqual(await readdir(path), []);
  });

  for (const content of ['', 'short', 'not base64url!'.repeat(4), `${'A'.repeat(43)}B`]) {
    it(`refuses a file that holds ${JSON.stringify(content.slice(0, 16))}, and leaves it as it is`, async () => {
      const path = join(directory, `bad-${content.length}`);
      await writeFile(path, content, { mode: 0o600 });
      await assert.rejects(openKey(path), { code: 'state-corrupt' });
      assert.equal(await readFile(path, 'utf8'), content);
    });
  }
});
