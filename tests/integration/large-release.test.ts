import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { inSlices } from '../../src/artifacts/in-slices.ts';
import { materialiseRelease } from '../../src/artifacts/materialise-release.ts';
import { openBuildBench, testManifest } from '../../src/releases/test-builds.ts';

const files = 100_000;
const perDirectory = 200;
const { signal } = new AbortController();

async function writeSource(root: string): Promise<void> {
  for (let directory = 0; directory < files / perDirectory; directory += 1)
    mkdirSync(join(root, `part-${directory}`), { recursive: true });
  const numbers = Array.from({ length: files }, (_, index) => index);
  await inSlices(numbers, signal, (index) =>
    writeFileSync(join(root, `part-${index % (files / perDirectory)}`, `file-${index}`), `content ${index}`),
  );
}

describe(`a source of ${files} files`, () => {
  it('is built and unpacked within bounded memory', async (t) => {
    await using bench = await openBuildBench();
    const root = join(bench.directory, 'source');
    const lap = stopwatch((text) => t.diagnostic(text));
    await writeSource(root);
    lap('writing the source');

    const built = await bench.build(root, testManifest());
    lap('build');
    assert.equal(built.files, files);
    assert.equal(built.newBlobs, files);

    const releases = join(bench.directory, 'releases');
    const staged = await materialiseRelease(bench.deps.blobs, built.digest, releases, signal);
    lap('unpacking');
    const unpacked = await readdir(staged.path, { recursive: true });
    assert.equal(unpacked.length, files + files / perDirectory);

    const peak = process.resourceUsage().maxRSS / 1024;
    t.diagnostic(`peak memory ${Math.round(peak)} MiB`);
    assert.ok(peak < 700, `peak memory ${peak} MiB`);
  });
});

function stopwatch(tell: (text: string) => void): (what: string) => void {
  let since = performance.now();
  let used = process.cpuUsage();
  return (what) => {
    const { user, system } = process.cpuUsage(used);
    const [wall, busy] = [performance.now() - since, (user + system) / 1000];
    tell(`${what}: ${(wall / 1000).toFixed(1)} s, ${(busy / 1000).toFixed(1)} s of them at work`);
    since = performance.now();
    used = process.cpuUsage();
  };
}
