import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { digestOf } from '../artifacts/digest.ts';
import { materialiseRelease } from '../artifacts/materialise-release.ts';
import { pinnedReleases } from '../artifacts/pins.ts';
import { readRelease, releaseBlobs } from '../artifacts/release-document.ts';
import { writeFiles } from '../artifacts/test-release.ts';
import type { Failure } from '../core/failure.ts';
import { millis } from '../core/units.ts';
import { type BuildBench, openBuildBench, outputOf, shell, testManifest } from './test-builds.ts';

const { signal } = new AbortController();

async function source(
  bench: BuildBench,
  name: string,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const root = join(bench.directory, name);
  await writeFiles(root, files);
  return root;
}

async function contentOf(bench: BuildBench, release: string): Promise<Record<string, string>> {
  const { path } = await materialiseRelease(
    bench.deps.blobs,
    release,
    join(bench.directory, 'unpacked'),
    signal,
  );
  const files: Record<string, string> = {};
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    files[file.slice(path.length + 1)] = await readFile(file, 'utf8');
  }
  return files;
}

async function leftovers(bench: BuildBench): Promise<string[]> {
  return (await readdir(join(bench.deps.home.builds, 'test'))).filter((name) => name !== 'records');
}

describe('buildRelease', () => {
  it('gives the same digest for the same source and manifest, wherever and whenever it is built', async () => {
    await using bench = await openBuildBench();
    await using other = await openBuildBench();
    const files = { 'server.js': 'serve()', 'lib/a.js': 'a', 'run.sh': 'true' };
    const manifest = testManifest({
      commands: [shell('mkdir out && cat server.js lib/a.js > out/all.js && date -u > /dev/null')],
    });
    const one = await source(bench, 'one', files);
    const two = await source(other, 'quite/another/place', files);
    await utimes(join(two, 'server.js'), 1, 1);
    await chmod(join(two, 'lib/a.js'), 0o600);
    const first = await bench.build(one, manifest);
    const second = await other.build(two, manifest);
    assert.equal(first.digest, second.digest);
    assert.equal(first.sourceDigest, second.sourceDigest);
    assert.equal(first.cached, false);
    assert.equal(second.cached, false);
    assert.equal((await contentOf(bench, first.digest))['out/all.js'], 'serve()a');
  });

  it('gives another digest for one byte of source, of which only that is stored, or one key of the manifest', async () => {
    await using bench = await openBuildBench();
    const root = await source(bench, 'app', { 'a.js': '1', 'b.js': 'b', 'lib/c.js': 'c' });
    const first = await bench.build(root, testManifest());
    await writeFile(join(root, 'a.js'), '2');
    const second = await bench.build(root, testManifest());
    await writeFile(join(root, 'a.js'), '1');
    const third = await bench.build(root, {
      ...testManifest(),
      release: { ...testManifest().release, keep: 3 },
    });
    assert.equal(new Set([first, second, third].map(({ digest }) => digest)).size, 3);
    assert.equal(first.treeDigest, third.treeDigest);
    assert.deepEqual([first.newBlobs, second.newBlobs, third.newBlobs], [3, 1, 0]);
  });

  it('builds the same source once, and again when asked to, to the same result', async () => {
    await using bench = await openBuildBench();
    const root = await source(bench, 'app', { 'a.js': '1' });
    const manifest = testManifest({
      commands: [shell(`echo ran >> ${join(bench.directory, 'runs')}; echo built > out`)],
    });
    const first = await bench.build(root, manifest);
    const second = await bench.build(root, manifest);
    const fresh = await bench.build(root, manifest, { fresh: true });
    assert.deepEqual([first.cached, second.cached, fresh.cached], [false, true, false]);
    assert.deepEqual([second.digest, fresh.digest], [first.digest, first.digest]);
    assert.deepEqual([first.newBlobs, second.newBlobs, fresh.newBlobs], [2, 0, 0]);
    assert.equal(await readFile(join(bench.directory, 'runs'), 'utf8'), 'ran\nran\n');
  });

  it('builds again when a blob of the earlier result is gone or cut short', async () => {
    await using bench = await openBuildBench();
    const root = await source(bench, 'app', { 'a.js': 'content of a' });
    const { digest } = await bench.build(root, testManifest());
    const blob = digestOf('content of a');
    bench.deps.blobs.remove(blob);
    assert.equal((await bench.build(root, testManifest())).cached, false);
    await chmod(bench.deps.blobs.path(blob), 0o600);
    await writeFile(bench.deps.blobs.path(blob), 'cont');
    assert.equal((await bench.build(root, testManifest())).cached, false);
    bench.deps.blobs.remove(digest);
    assert.equal((await bench.build(root, testManifest())).cached, false);
    assert.equal((await bench.build(root, testManifest())).cached, true);
    assert.deepEqual(await contentOf(bench, digest), { 'a.js': 'content of a' });
  });

  it('never touches the source, and builds without what lies ignored in it', async () => {
    await using bench = await openBuildBench();
    const root = await source(bench, 'app', {
      '.gitignore': 'local\n',
      'a.js': '1',
      local: 'stale',
      'node_modules/x.js': 'stale',
    });
    const manifest = testManifest({
      commands: [
        shell(
          'test ! -e local && test ! -e node_modules && rm a.js && mkdir node_modules && echo new > node_modules/x.js',
        ),
      ],
    });
    const { digest } = await bench.build(root, manifest);
    assert.deepEqual(await contentOf(bench, digest), {
      '.gitignore': 'local\n',
      'node_modules/x.js': 'new\n',
    });
    assert.equal(await readFile(join(root, 'a.js'), 'utf8'), '1');
    assert.equal(await readFile(join(root, 'node_modules/x.js'), 'utf8'), 'stale');
  });

  it('gives build commands a fixed environment and nothing of its own', async () => {
    await using bench = await openBuildBench();
    process.env['MAINSTAY_TEST_LEAK'] = 'leaked';
    const root = await source(bench, 'app', { 'a.js': '1' });
    const manifest = testManifest({ commands: [shell('env')], environment: { NODE_ENV: 'production' } });
    await bench.build(root, manifest, { secrets: { TOKEN: 'a secret of the app' } });
    delete process.env['MAINSTAY_TEST_LEAK'];
    const lines = outputOf(bench.progress);
    assert.ok(!lines.some((line) => /LEAK|TOKEN|secret/.test(line)));
    for (const line of [
      'NODE_ENV=production',
      'CI=1',
      'LANG=C.UTF-8',
      'TZ=UTC',
      'SOURCE_DATE_EPOCH=946684800',
    ])
      assert.ok(lines.includes(line), line);
  });

  it('keeps cached directories between builds, also failing ones, and out of the release', async () => {
    await using bench = await openBuildBench();
    const root = await source(bench, 'app', { 'a.js': '1' });
    const counting = 'mkdir -p .cache/deep && echo x >> .cache/deep/count && cat .cache/deep/count | wc -l';
    const build = (line: string, fresh = true) =>
      bench.build(root, testManifest({ commands: [shell(line)], cache: ['.cache/deep/'] }), { fresh });
    const { digest } = await build(counting);
    assert.deepEqual(await contentOf(bench, digest), { 'a.js': '1' });
    await assert.rejects(build(`${counting}; exit 1`), { code: 'build-failed' });
    bench.progress.length = 0;
    await build(counting);
    assert.deepEqual(outputOf(bench.progress).slice(1), ['3']);
  });

  it('trusts nothing of a build that was aborted or ran out of time', async () => {
    await using bench = await openBuildBench();
    const root = await source(bench, 'app', { 'a.js': '1' });
    const started = join(bench.directory, 'started');
    const half = testManifest({
      commands: [
        shell(`mkdir -p cache && echo half > cache/x && echo half > out && touch ${started} && sleep 600`),
      ],
      cache: ['cache'],
    });
    const aborter = new AbortController();
    const building = bench.build(root, half, { signal: aborter.signal });
    while ((await stat(started).catch(() => undefined)) === undefined) await sleep(20);
    aborter.abort(new Error('cancelled'));
    await assert.rejects(building, /cancelled/);
    assert.deepEqual(await leftovers(bench), []);
    await assert.rejects(bench.build(root, { ...half, build: { ...half.build, timeout: millis(300) } }), {
      code: 'build-failed',
    });
    const whole = {
      ...half,
      build: { ...half.build, commands: [shell('test ! -e cache && test ! -e out && echo whole > out')] },
    };
    const { digest } = await bench.build(root, whole);
    assert.equal((await contentOf(bench, digest))['out'], 'whole\n');
    assert.deepEqual(await leftovers(bench), []);
  });

  it('lets two builds of one app take turns', async () => {
    await using bench = await openBuildBench();
    const [one, two] = [await source(bench, 'one', { a: '1' }), await source(bench, 'two', { a: '2' })];
    const alone = testManifest({
      commands: [
        shell(
          `mkdir ${join(bench.directory, 'busy')} && sleep 0.2 && rmdir ${join(bench.directory, 'busy')}`,
        ),
      ],
    });
    const both = await Promise.all([
      bench.build(one, alone),
      bench.build(two, alone),
      bench.build(two, alone),
    ]);
    assert.deepEqual(both.map(({ cached }) => cached).filter(Boolean).length, 1);
    assert.ok(bench.progress.some((event) => event.type === 'note' && /waiting/.test(event.text)));
  });

  it('takes over from a control plane that died while it built', async () => {
    await using bench = await openBuildBench();
    const root = await source(bench, 'app', { a: '1' });
    const place = join(bench.deps.home.builds, 'test');
    await writeFiles(place, {
      lock: '{"pid":4999999,"startedAt":"earlier:1","token":"x"}',
      'work/incoming/half': '',
      'work/home/x': '',
    });
    await bench.build(root, testManifest());
    await writeFiles(place, { lock: '{"pi' });
    await bench.build(root, testManifest(), { fresh: true });
    assert.deepEqual(await leftovers(bench), []);
  });

  it('does not take into its cache what lies behind a link out of the tree', async () => {
    await using bench = await openBuildBench();
    const root = await source(bench, 'linking', { 'server.js': '' });
    const outside = join(bench.directory, 'outside');
    await writeFiles(outside, { 'cache/precious': 'kept' });
    const linking = shell(`ln -s ${outside} vendor`);
    const manifest = testManifest({ commands: [linking], cache: ['vendor/cache'] });
    await assert.rejects(bench.build(root, manifest), {
      code: 'source-invalid',
      message: /the link "vendor"/,
    });
    assert.equal(await readFile(join(outside, 'cache', 'precious'), 'utf8'), 'kept');
  });

  it('takes no release from the directory of its own state, where the key lies', async () => {
    await using bench = await openBuildBench();
    await writeFiles(bench.deps.home.root, { key: 'the key of all secrets' });
    await assert.rejects(bench.build(bench.deps.home.root, testManifest()), {
      code: 'source-invalid',
      message: /keeps its own state/,
    });
  });

  it('tells nobody a secret that a build prints, not even in why it failed', async () => {
    await using bench = await openBuildBench();
    const root = await source(bench, 'telling', { 'server.js': '' });
    const secret = 'correct-horse-battery';
    const manifest = testManifest({
      commands: [shell(`echo "it is correct-hor''se-battery" | tr -d "'"; exit 1`)],
    });
    const failure = await bench.build(root, manifest, { secrets: { KEY: secret } }).then(
      () => assert.fail('it succeeded'),
      (error: unknown) => error as Failure,
    );
    assert.match(failure.message, /it is \[secret\]/);
    assert.equal(JSON.stringify([failure, bench.progress]).includes(secret), false);
  });

  it('refuses a source that holds the value of a secret, and names the file', async () => {
    await using bench = await openBuildBench();
    const root = await source(bench, 'app', { 'a.js': '1', 'config/.env': 'KEY=correct horse battery' });
    await assert.rejects(
      bench.build(root, testManifest(), { secrets: { SESSION_KEY: 'correct horse battery' } }),
      {
        code: 'source-invalid',
        message: /"config\/\.env" holds the value of the secret SESSION_KEY/,
        details: { path: 'config/.env', secret: 'SESSION_KEY' },
      },
    );
  });

  it('refuses a build that puts a secret into its result, also when the result is known already', async () => {
    await using bench = await openBuildBench();
    const root = await source(bench, 'app', { 'a.js': '1' });
    const manifest = testManifest({
      commands: [shell('printf correct-horse > part; printf %s-battery "$(cat part)" > out; rm part')],
    });
    const secrets = { KEY: 'correct-horse-battery' };
    const refused = { code: 'build-failed', message: /secret KEY into "out"/ };
    await assert.rejects(bench.build(root, manifest, { secrets }), refused);
    assert.deepEqual(await pinnedReleases(bench.deps.blobs), []);
    await bench.build(root, manifest);
    await assert.rejects(bench.build(root, manifest, { secrets }), refused);
  });

  it('redacts secrets that a command prints', async () => {
    await using bench = await openBuildBench();
    const root = await source(bench, 'app', { 'a.js': '1' });
    const manifest = testManifest({ commands: [shell('printf "%s%s\\n" correct -horse')] });
    await bench.build(root, manifest, { secrets: { KEY: 'correct-horse' } });
    assert.deepEqual(outputOf(bench.progress).slice(1), ['[secret]']);
  });

  it('reports what looks like a credential in the source', async () => {
    await using bench = await openBuildBench();
    const root = await source(bench, 'app', {
      'a.js': `\nconst key = "AK${'IA'}IOSFODNN7EXAMPLE"`,
      'b.js': 'ok',
    });
    assert.deepEqual((await bench.build(root, testManifest())).findings, [
      { path: 'a.js', line: 2, kind: 'AWS access key' },
    ]);
  });

  it('refuses a result with a link out of it', async () => {
    await using bench = await openBuildBench();
    const root = await source(bench, 'app', { 'a.js': '1' });
    await assert.rejects(bench.build(root, testManifest({ commands: [shell('ln -s /etc out')] })), {
      code: 'source-invalid',
      message: /"out" leads to "\/etc"/,
    });
  });

  it('keeps links, empty directories and the right to execute that a build makes', async () => {
    await using bench = await openBuildBench();
    const root = await source(bench, 'app', { 'a.js': '1' });
    await symlink('a.js', join(root, 'link'));
    await mkdir(join(root, 'void'));
    const manifest = testManifest({
      commands: [
        shell('mkdir bin && cp a.js bin/tool && chmod 700 bin/tool && ln -s "$PWD/a.js" bin/absolute'),
      ],
    });
    const { digest } = await bench.build(root, manifest);
    const { tree } = await readRelease(bench.deps.blobs, digest);
    assert.deepEqual(
      tree.entries.map((entry) => [
        entry.path,
        entry.type === 'link' ? entry.target : entry.type === 'file' && entry.executable,
      ]),
      [
        ['a.js', false],
        ['bin', false],
        ['bin/absolute', '../a.js'],
        ['bin/tool', true],
        ['link', 'a.js'],
        ['void', false],
      ],
    );
  });

  it('pins what it built, and has every blob of it', async () => {
    await using bench = await openBuildBench();
    const root = await source(bench, 'app', { 'a.js': '1', 'b.js': '2' });
    const built = await bench.build(root, testManifest());
    assert.deepEqual(await pinnedReleases(bench.deps.blobs), [built.digest]);
    assert.deepEqual(
      await bench.deps.blobs.missing(await releaseBlobs(bench.deps.blobs, built.digest), signal),
      [],
    );
    assert.deepEqual([built.files, built.bytes, built.commit], [2, 2, null]);
    assert.match(built.runtimes['node'] ?? '', /^\d+\./);
  });
});
