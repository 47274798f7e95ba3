import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { BlobStore, smallFile } from './blob-store.ts';
import { digestOf } from './digest.ts';

const { signal } = new AbortController();

describe('BlobStore', () => {
  let directory = '';
  let blobs: BlobStore;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'blobs-'));
    blobs = new BlobStore(join(directory, 'store'));
    await blobs.prepare();
  });
  after(() => rm(directory, { recursive: true, force: true }));

  async function* pieces(...texts: string[]): AsyncGenerator<Buffer> {
    for (const text of texts) yield Buffer.from(text);
  }

  it('keeps content under its SHA-256, once', async () => {
    const first = blobs.putBytes('hello');
    assert.equal(first.digest, '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824');
    assert.equal(first.added, true);
    assert.equal(blobs.putBytes('hello').added, false);
    assert.equal((await blobs.read(first.digest)).toString(), 'hello');
  });

  it('stores small and large files alike', async () => {
    for (const size of [0, 1, smallFile, smallFile + 1, 3 * smallFile]) {
      const content = Buffer.alloc(size, `content of ${size} `);
      const path = join(directory, `file-${size}`);
      await writeFile(path, content);
      const stored = await blobs.putFile(path, size, signal);
      assert.deepEqual(stored, { digest: digestOf(content), size, added: true });
      assert.deepEqual(await readFile(blobs.path(stored.digest)), content);
      assert.equal((await blobs.putFile(path, size, signal)).added, false);
    }
  });

  it('stores a stream, and refuses one that is not what it says', async () => {
    const stored = await blobs.putStream(pieces('a', 'b', 'c'), signal);
    assert.equal(stored.digest, digestOf('abc'));
    const expected = { digest: digestOf('expected'), size: 8 };
    for (const wrong of ['expecteD', 'short', 'much too long for it']) {
      await assert.rejects(blobs.putStream(pieces(wrong), signal, expected), {
        code: 'state-corrupt',
        retryable: true,
      });
      assert.equal(blobs.has(expected.digest), false);
    }
    assert.deepEqual(await readdir(join(blobs.directory, 'tmp')), []);
  });

  it('keeps nothing of a stream that breaks off or is aborted', async () => {
    const aborter = new AbortController();
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) {
        yield Buffer.from('more');
        aborter.abort(new Error('stop now'));
      }
    }
    await assert.rejects(blobs.putStream(endless(), aborter.signal), /stop now/);
    assert.deepEqual(await readdir(join(blobs.directory, 'tmp')), []);
  });

  it('names what is missing, each once and in order', async () => {
    const { digest } = blobs.putBytes('present');
    const [a, b] = [digestOf('absent a'), digestOf('absent b')];
    assert.deepEqual(await blobs.missing([b, digest, a, b], signal), [b, a]);
  });

  it('writes a blob anew that a power cut left short', async () => {
    const { digest } = blobs.putBytes('whole content');
    await chmod(blobs.path(digest), 0o600);
    await writeFile(blobs.path(digest), '');
    assert.equal(blobs.putBytes('whole content').added, true);
    assert.equal((await blobs.read(digest)).toString(), 'whole content');
  });

  it('finds a damaged blob when it is read, and removes it so that it can be stored again', async () => {
    const { digest } = blobs.putBytes('true content');
    await chmod(blobs.path(digest), 0o600);
    await writeFile(blobs.path(digest), 'fals content');
    await assert.rejects(blobs.read(digest), { code: 'state-corrupt', message: new RegExp(digest) });
    assert.equal(blobs.has(digest), false);
    await assert.rejects(blobs.read(digest), { code: 'not-found' });
  });

  it('makes blobs read-only and temporary files vanish when their maker is dead', async () => {
    const { digest } = blobs.putBytes('read-only');
    assert.equal((await stat(blobs.path(digest))).mode & 0o777, 0o400);
    // No process has had this number since the start of the machine, for it is above the kernel's limit.
    const left = join(blobs.directory, 'tmp', 'blob.of-4999999-1-0123456789ab');
    await writeFile(left, 'half');
    await blobs.prepare();
    assert.deepEqual(await readdir(join(blobs.directory, 'tmp')), []);
  });

  it('lists all blobs', async () => {
    const store = new BlobStore(join(directory, 'listed'));
    await store.prepare();
    const digests = await Promise.all(['x', 'y', 'z'].map(async (text) => store.putBytes(text).digest));
    assert.deepEqual(await store.digests(), digests.sort());
  });
});
