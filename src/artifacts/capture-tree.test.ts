import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, link, mkdir, mkdtemp, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { BlobStore } from './blob-store.ts';
import { captureTree } from './capture-tree.ts';
import { digestOf } from './digest.ts';
import { encodeTree } from './tree-document.ts';

const { signal } = new AbortController();

describe('captureTree', () => {
  let directory = '';
  let blobs: BlobStore;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'capture-'));
    blobs = new BlobStore(join(directory, 'store'));
    await blobs.prepare();
  });
  after(() => rm(directory, { recursive: true, force: true }));

  let count = 0;
  async function source(files: Readonly<Record<string, string>>): Promise<string> {
    count += 1;
    const root = join(directory, `source-${count}`);
    await mkdir(root);
    for (const [path, content] of Object.entries(files)) {
      await mkdir(join(root, path, '..'), { recursive: true });
      await writeFile(join(root, path), content);
    }
    return root;
  }

  async function digestAt(root: string): Promise<string> {
    return digestOf(encodeTree((await captureTree(blobs, root, signal)).tree));
  }

  it('gives one digest for the same content wherever and whenever it lies', async () => {
    const files = { 'a.js': 'a', 'lib/b.js': 'b', 'lib/deep/c': 'c' };
    const [first, second] = [await source(files), await source(files)];
    await utimes(join(second, 'a.js'), 1, 1);
    assert.equal(await digestAt(first), await digestAt(second));
    await chmod(join(second, 'lib/b.js'), 0o600);
    assert.equal(await digestAt(first), await digestAt(second));
  });

  it('gives another digest for one byte, name, right to execute, empty directory or link more or less', async () => {
    const files = { 'a.js': 'a', 'lib/b.js': 'b' };
    const variants = await Promise.all(Array.from({ length: 6 }, () => source(files)));
    const [, byte, name, mode, empty, link] = variants;
    await writeFile(join(byte ?? '', 'a.js'), 'A');
    await writeFile(join(name ?? '', 'c'), '');
    await chmod(join(mode ?? '', 'a.js'), 0o755);
    await mkdir(join(empty ?? '', 'void'));
    await symlink('a.js', join(link ?? '', 'l'));
    const digests = await Promise.all(variants.map(digestAt));
    assert.equal(new Set(digests).size, 6);
  });

  it('keeps empty directories, links inside the tree, and odd names', async () => {
    const root = await source({
      'with\nnewline': '1',
      ' spaces ': '2',
      '-rf': '3',
      'ümläut/日本': '4',
      '"quoted\\': '5',
    });
    await mkdir(join(root, 'void'));
    await symlink('../ümläut/日本', join(root, 'void', 'up'));
    await symlink('missing', join(root, 'dangling'));
    await symlink(join(root, '-rf'), join(root, 'absolute'));
    const { tree } = await captureTree(blobs, root, signal);
    assert.deepEqual(
      tree.entries.map((entry) => (entry.type === 'link' ? `${entry.path} → ${entry.target}` : entry.path)),
      [
        ' spaces ',
        '"quoted\\',
        '-rf',
        'absolute → -rf',
        'dangling → missing',
        'void',
        'void/up → ../ümläut/日本',
        'with\nnewline',
        'ümläut',
        'ümläut/日本',
      ],
    );
  });

  it('refuses a link that leads out, with its path and target', async () => {
    const root = await source({ a: '1' });
    await symlink('../../secret', join(root, 'out'));
    await assert.rejects(captureTree(blobs, root, signal), {
      code: 'source-invalid',
      message: /"out" leads to "\.\.\/\.\.\/secret"/,
      details: { path: 'out', target: '../../secret' },
    });
  });

  it('refuses a named pipe and a socket by name', async () => {
    const root = await source({ a: '1' });
    execFileSync('mkfifo', [join(root, 'pipe')]);
    await assert.rejects(captureTree(blobs, root, signal), {
      code: 'source-invalid',
      message: /pipe" is a named pipe/,
    });
    await rm(join(root, 'pipe'));
    const server = createServer().listen(join(root, 'sock'));
    await new Promise((resolve) => server.once('listening', resolve));
    await assert.rejects(captureTree(blobs, root, signal), {
      code: 'source-invalid',
      message: /sock" is a socket/,
    });
    await new Promise((resolve) => server.close(resolve));
  });

  it('refuses a name that is not UTF-8 and shows its bytes', async () => {
    const root = await source({ a: '1' });
    await writeFile(Buffer.concat([Buffer.from(`${root}/caf`), Buffer.from([0xe9])]), '');
    await assert.rejects(captureTree(blobs, root, signal), { code: 'source-invalid', message: /"caf\\xe9"/ });
  });

  it('allows a name with the replacement character itself', async () => {
    const root = await source({ 'odd\uFFFDname': '1' });
    assert.equal((await captureTree(blobs, root, signal)).tree.entries.length, 1);
  });

  it('leaves out what it is told to, and tells which blobs are new', async () => {
    const root = await source({ 'keep/a': 'capture: new', 'drop/b': 'capture: dropped' });
    const first = await captureTree(blobs, root, signal, { leaveOut: (path) => path === 'drop' });
    assert.deepEqual(first.added, [digestOf('capture: new')]);
    assert.deepEqual((await captureTree(blobs, root, signal)).added, [digestOf('capture: dropped')]);
  });

  it('shows all content to an inspector, and ends when that throws', async () => {
    const large = 'x'.repeat(3_000_000);
    const root = await source({ small: 'small', large });
    const seen: Record<string, number> = {};
    await captureTree(blobs, root, signal, {
      inspect: (path) => (piece) => {
        seen[path] = (seen[path] ?? 0) + piece.length;
      },
    });
    assert.deepEqual(seen, { small: 5, large: large.length });
    const inspect = () => () => {
      throw new Error('seen something');
    };
    await assert.rejects(captureTree(blobs, root, signal, { inspect }), /seen something/);
  });

  it('takes files over instead of copying them when told to, unless they have another name', async () => {
    const large = 'take '.repeat(100_000);
    const root = await source({ own: 'take: own', shared: 'take: shared', large });
    await link(join(root, 'shared'), join(directory, 'elsewhere'));
    await captureTree(blobs, root, signal, { take: true });
    const inode = async (path: string) => (await stat(path)).ino;
    const same = async (name: string, content: string) =>
      (await inode(join(root, name))) === (await inode(blobs.path(digestOf(content))));
    assert.deepEqual(
      await Promise.all([same('own', 'take: own'), same('large', large), same('shared', 'take: shared')]),
      [true, true, false],
    );
    await rm(root, { recursive: true });
    for (const content of ['take: own', 'take: shared', large])
      assert.equal((await blobs.read(digestOf(content))).toString(), content);
  });
});
