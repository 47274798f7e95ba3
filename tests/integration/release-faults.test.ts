import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BlobStore } from '../../src/artifacts/blob-store.ts';
import { collectGarbage } from '../../src/artifacts/collect-garbage.ts';
import { materialiseRelease } from '../../src/artifacts/materialise-release.ts';
import { pinnedReleases } from '../../src/artifacts/pins.ts';
import { instant } from '../../src/core/units.ts';
import type { Manifest } from '../../src/manifest/manifest.ts';
import { type BuildRequest, buildRelease } from '../../src/releases/build-release.ts';
import { type BuildBench, openBuildBench, shell, testManifest } from '../../src/releases/test-builds.ts';
import { hasVariable, readProcessTable } from '../../src/system/process-table.ts';

const { signal } = new AbortController();
const megabyte = 1024 * 1024;
const isRoot = process.getuid?.() === 0;

/** A small disk of its own for one test. */
async function mountDisk(t: TestContext, options: string): Promise<string> {
  const place = await mkdtemp(join(tmpdir(), 'disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', place], { encoding: 'utf8' });
  assert.equal(mounted.status, 0, mounted.stderr);
  t.after(async () => {
    assert.equal(spawnSync('umount', [place]).status, 0);
    await rm(place, { recursive: true });
  });
  return place;
}

async function sourceOf(t: TestContext, sizes: readonly number[]): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'source-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  for (const [index, size] of sizes.entries())
    await writeFile(join(root, `file-${index}`), Buffer.alloc(size, index + 1));
  return root;
}

function request(sourceDirectory: string, manifest: Manifest): BuildRequest {
  return { manifest, sourceDirectory, secrets: {}, signal, emit: () => undefined };
}

/** What a failed build may leave: nothing half-written. */
async function assertClean(bench: BuildBench): Promise<void> {
  assert.deepEqual(await readdir(join(bench.deps.blobs.directory, 'tmp')), []);
  const left = await readdir(join(bench.deps.home.builds, 'test')).catch(() => []);
  assert.deepEqual(
    left.filter((name) => name !== 'records'),
    [],
  );
}

describe('a full disk', { skip: isRoot ? false : 'making a small disk needs root' }, () => {
  it('is found before the source is copied, with path and bytes needed', async (t) => {
    const disk = await mountDisk(t, 'size=3m');
    await using bench = await openBuildBench(disk);
    await assert.rejects(
      bench.build(await sourceOf(t, [4 * megabyte]), testManifest()),
      (error: Error & Facts) => {
        assert.equal(error.code, 'disk-full');
        assert.match(error.message, /4\.0 MiB are needed, \d/);
        assert.match(String(error.details['path']), /\/builds\/test\/work$/);
        return true;
      },
    );
    await assertClean(bench);
  });

  it('is named when a build command fills it, and the build passes once there is space', async (t) => {
    const disk = await mountDisk(t, 'size=8m');
    await using bench = await openBuildBench(disk);
    const source = await sourceOf(t, [1000]);
    const line = `test -e ${join(bench.directory, 'small')} || head -c 20000000 /dev/zero > big`;
    const manifest = testManifest({ commands: [shell(line)] });
    await assert.rejects(bench.build(source, manifest), {
      code: 'disk-full',
      message: /ended with exit code 1/,
    });
    await assertClean(bench);
    await writeFile(join(bench.directory, 'small'), '');
    await bench.build(source, manifest);
  });

  for (const [what, line] of [
    [
      'many small files',
      'i=0; while [ $i -lt 250 ]; do head -c 12000 /dev/urandom > part$i; i=$((i+1)); done',
    ],
    ['a large file', 'head -c 3000000 /dev/urandom > part'],
  ] as const) {
    it(`with ${what} to be stored there fails the build and leaves no release`, async (t) => {
      const disk = await mountDisk(t, 'size=2m');
      await using bench = await openBuildBench();
      const blobs = new BlobStore(join(disk, 'blobs'));
      await blobs.prepare();
      const build = (manifest: Manifest) => buildRelease({ ...bench.deps, blobs }, request(source, manifest));
      const source = await sourceOf(t, [1000]);
      await assert.rejects(build(testManifest({ commands: [shell(line)] })), { code: 'disk-full' });
      assert.deepEqual(await pinnedReleases(blobs), []);
      assert.deepEqual(await readdir(join(blobs.directory, 'tmp')), []);
      await assertClean(bench);
      // What was stored before the disk was full is garbage like any other.
      await collectGarbage(blobs, { keep: [], usedAfter: instant(Number.MAX_SAFE_INTEGER) }, signal);
      await build(testManifest());
    });
  }

  it('while a release is unpacked leaves nothing of it, and names what is needed', async (t) => {
    await using bench = await openBuildBench();
    const { digest } = await bench.build(await sourceOf(t, [megabyte, megabyte, megabyte]), testManifest());
    const disk = await mountDisk(t, 'size=2m');
    await assert.rejects(materialiseRelease(bench.deps.blobs, digest, join(disk, 'releases'), signal), {
      code: 'disk-full',
      retryable: true,
    });
    assert.deepEqual(await readdir(join(disk, 'releases')), []);
  });

  it('is found too when it is files, not bytes, that it cannot hold', async (t) => {
    await using bench = await openBuildBench();
    const { digest } = await bench.build(
      await sourceOf(
        t,
        Array.from({ length: 60 }, () => 10),
      ),
      testManifest(),
    );
    const disk = await mountDisk(t, 'size=10m,nr_inodes=50');
    await assert.rejects(materialiseRelease(bench.deps.blobs, digest, join(disk, 'releases'), signal), {
      code: 'disk-full',
      message: /60 files are needed/,
    });
  });
});

interface Facts {
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;
}

describe('a directory that may not be written', () => {
  /** Root may write anywhere but on a disk that is read-only. */
  async function lockedDirectory(t: TestContext): Promise<string> {
    if (isRoot) {
      const disk = await mountDisk(t, 'size=3m');
      spawnSync('mount', ['-o', 'remount,ro', disk]);
      return disk;
    }
    const place = await mkdtemp(join(tmpdir(), 'locked-'));
    t.after(async () => {
      await chmod(place, 0o700);
      await rm(place, { recursive: true });
    });
    await chmod(place, 0o500);
    return place;
  }

  it('is named when builds go there', async (t) => {
    const locked = await lockedDirectory(t);
    await using bench = await openBuildBench();
    const source = await sourceOf(t, [10]);
    const deps = { ...bench.deps, home: { ...bench.deps.home, builds: join(locked, 'builds') } };
    const { buildRelease } = await import('../../src/releases/build-release.ts');
    await assert.rejects(buildRelease(deps, request(source, testManifest())), {
      code: 'permission-denied',
      message: new RegExp(locked),
    });
  });

  it('is named when releases go there', async (t) => {
    const locked = await lockedDirectory(t);
    await using bench = await openBuildBench();
    const { digest } = await bench.build(await sourceOf(t, [10]), testManifest());
    await assert.rejects(materialiseRelease(bench.deps.blobs, digest, join(locked, 'releases'), signal), {
      code: 'permission-denied',
      message: new RegExp(locked),
    });
  });
});

describe('a control plane that is killed while it builds', () => {
  it('leaves nothing that the next build trusts, and no process', async (t) => {
    await using bench = await openBuildBench();
    const source = await sourceOf(t, [10]);
    const started = join(bench.directory, 'started');
    const line = `mkdir -p cache; echo half > cache/x; echo half > out; (setsid sleep 600 &); touch ${started}; sleep 600`;
    const job = join(bench.directory, 'job.json');
    await writeFile(job, JSON.stringify({ directory: bench.directory, source, line }));
    const child = spawn(process.execPath, [join(import.meta.dirname, 'fixtures', 'build-in-child.ts'), job], {
      stdio: 'inherit',
    });
    const gone = new Promise((resolve) => child.once('exit', resolve));
    t.after(() => child.kill('SIGKILL'));
    while ((await stat(started).catch(() => undefined)) === undefined) await sleep(20);
    child.kill('SIGKILL');
    await gone;
    const builders = () =>
      [...readProcessTable().values()].filter(
        ({ pid, zombie }) =>
          !zombie && hasVariable(pid, `HOME=${join(bench.deps.home.builds, 'test/work/home')}`),
      );
    assert.ok(builders().length > 0, 'the command outlives the killed process');

    const whole = 'test ! -e out && test ! -e cache && echo whole > out';
    const built = await bench.build(source, testManifest({ commands: [shell(whole)], cache: ['cache'] }));
    assert.deepEqual(builders(), []);
    await assertClean(bench);
    const { path } = await materialiseRelease(
      bench.deps.blobs,
      built.digest,
      join(bench.directory, 'releases'),
      signal,
    );
    assert.equal(await readFile(join(path, 'out'), 'utf8'), 'whole\n');
  });
});
