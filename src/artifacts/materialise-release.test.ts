import assert from 'node:assert/strict';
import { chmod, lstat, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { smallFile } from './blob-store.ts';
import { digestOf } from './digest.ts';
import { materialiseRelease } from './materialise-release.ts';
import { readRelease, releaseBlobs } from './release-document.ts';
import { listReleases, removeRelease } from './staged-releases.ts';
import { openWorkbench, storeDirectory, type Workbench, writeFiles } from './test-release.ts';

const { signal } = new AbortController();
const large = 'L'.repeat(smallFile + 10);

async function makeRelease(bench: Workbench): Promise<string> {
  const root = join(bench.directory, 'source');
  await writeFiles(root, {
    'a.js': 'content a',
    'lib/b.js': 'content b',
    'lib/large': large,
    'run.sh': '#!/bin/sh',
  });
  await mkdir(join(root, 'void'));
  await symlink('../lib/b.js', join(root, 'void', 'link'));
  await chmod(join(root, 'run.sh'), 0o700);
  return await storeDirectory(bench.blobs, root);
}

async function damage(bench: Workbench, content: string, into: string): Promise<string> {
  const path = bench.blobs.path(digestOf(content));
  await chmod(path, 0o600);
  await writeFile(path, into);
  return digestOf(content);
}

describe('materialiseRelease', () => {
  it('unpacks files, modes, links and empty directories', async () => {
    await using bench = await openWorkbench();
    const release = await makeRelease(bench);
    const done = await materialiseRelease(bench.blobs, release, bench.releases, signal);
    assert.deepEqual(done, {
      path: join(bench.releases, release),
      files: 4,
      bytes: 18 + 9 + large.length,
      already: false,
    });
    assert.equal(await readFile(join(done.path, 'lib/b.js'), 'utf8'), 'content b');
    assert.equal(await readFile(join(done.path, 'lib/large'), 'utf8'), large);
    assert.equal(await readlink(join(done.path, 'void/link')), '../lib/b.js');
    const modes = await Promise.all(
      ['.', 'lib', 'a.js', 'lib/large', 'run.sh'].map(
        async (path) => (await stat(join(done.path, path))).mode & 0o777,
      ),
    );
    assert.deepEqual(modes, [0o755, 0o755, 0o644, 0o644, 0o755]);
  });

  it('gives files the time at which they were unpacked, for browsers compare it', async () => {
    await using bench = await openWorkbench();
    const before = (await stat(bench.directory)).mtimeMs;
    const { path } = await materialiseRelease(bench.blobs, await makeRelease(bench), bench.releases, signal);
    for (const file of ['a.js', 'lib/large'])
      assert.ok((await lstat(join(path, file))).mtimeMs >= before - 1000);
  });

  it('is idempotent, and two at once end with one complete tree', async () => {
    await using bench = await openWorkbench();
    const release = await makeRelease(bench);
    const both = await Promise.all(
      [1, 2].map(() => materialiseRelease(bench.blobs, release, bench.releases, signal)),
    );
    assert.equal(both.filter(({ already }) => already).length, 1);
    assert.equal((await materialiseRelease(bench.blobs, release, bench.releases, signal)).already, true);
    assert.deepEqual(await readdir(bench.releases), [release]);
  });

  for (const [what, content, into] of [
    ['a small file', 'content a', 'c0ntent a'],
    ['a large file', large, `${large.slice(1)}X`],
    ['a file that a power cut left empty', 'content b', ''],
  ] as const) {
    it(`finds ${what} damaged, names it, and works once it is stored again`, async () => {
      await using bench = await openWorkbench();
      const release = await makeRelease(bench);
      const digest = await damage(bench, content, into);
      await assert.rejects(materialiseRelease(bench.blobs, release, bench.releases, signal), {
        code: 'state-corrupt',
        message: new RegExp(digest),
      });
      assert.deepEqual(await readdir(bench.releases), []);
      assert.deepEqual(await bench.blobs.missing(await releaseBlobs(bench.blobs, release), signal), [digest]);
      bench.blobs.putBytes(content);
      await materialiseRelease(bench.blobs, release, bench.releases, signal);
    });
  }

  it('names the blob and the file that are missing', async () => {
    await using bench = await openWorkbench();
    const release = await makeRelease(bench);
    bench.blobs.remove(digestOf('content b'));
    await assert.rejects(materialiseRelease(bench.blobs, release, bench.releases, signal), {
      code: 'not-found',
      message: /lib\/b\.js/,
    });
    assert.deepEqual(await readdir(bench.releases), []);
  });

  it('finds a damaged list of files', async () => {
    await using bench = await openWorkbench();
    const release = await makeRelease(bench);
    const { document } = await readRelease(bench.blobs, release);
    await chmod(bench.blobs.path(document.tree), 0o600);
    await writeFile(bench.blobs.path(document.tree), '{}');
    await assert.rejects(materialiseRelease(bench.blobs, release, bench.releases, signal), {
      code: 'state-corrupt',
    });
  });

  it('leaves nothing behind when it is aborted, and clears what a dead process left', async () => {
    await using bench = await openWorkbench();
    const release = await makeRelease(bench);
    const aborter = new AbortController();
    const staging = materialiseRelease(bench.blobs, release, bench.releases, aborter.signal);
    aborter.abort(new Error('changed my mind'));
    await assert.rejects(staging, /changed my mind/);
    await mkdir(join(bench.releases, `${release}.partial.of-4999999-1-0123456789ab`), { recursive: true });
    assert.deepEqual(await listReleases(bench.releases), []);
    await materialiseRelease(bench.blobs, release, bench.releases, signal);
    assert.deepEqual(await readdir(bench.releases), [release]);
  });
});

describe('staged releases', () => {
  it('are listed, removed once, and never half', async () => {
    await using bench = await openWorkbench();
    assert.deepEqual(await listReleases(bench.releases), []);
    const release = await makeRelease(bench);
    await materialiseRelease(bench.blobs, release, bench.releases, signal);
    assert.deepEqual(await listReleases(bench.releases), [release]);
    assert.equal(await removeRelease(bench.releases, release), true);
    assert.equal(await removeRelease(bench.releases, release), false);
    assert.deepEqual(await readdir(bench.releases), []);
  });
});
