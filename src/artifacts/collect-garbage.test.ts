import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { instant } from '../core/units.ts';
import { collectGarbage } from './collect-garbage.ts';
import { digestOf } from './digest.ts';
import { materialiseRelease } from './materialise-release.ts';
import { pinnedReleases, pinRelease, unpinRelease } from './pins.ts';
import { releaseBlobs } from './release-document.ts';
import { openWorkbench, storeDirectory, type Workbench, writeFiles } from './test-release.ts';

const { signal } = new AbortController();
const everything = instant(Number.MAX_SAFE_INTEGER);

async function twoReleases(bench: Workbench): Promise<[string, string]> {
  await writeFiles(join(bench.directory, 'one'), { shared: 'shared', own: 'only in one' });
  await writeFiles(join(bench.directory, 'two'), { shared: 'shared', own: 'only in two' });
  return [
    await storeDirectory(bench.blobs, join(bench.directory, 'one')),
    await storeDirectory(bench.blobs, join(bench.directory, 'two')),
  ];
}

describe('collectGarbage', () => {
  it('removes what no kept release needs, and only that', async () => {
    await using bench = await openWorkbench();
    const [one, two] = await twoReleases(bench);
    const garbage = await collectGarbage(bench.blobs, { keep: [two], usedAfter: everything }, signal);
    assert.equal(garbage.blobs, 3);
    assert.equal(bench.blobs.has(digestOf('only in one')), false);
    assert.equal(bench.blobs.has(one), false);
    assert.deepEqual(await bench.blobs.missing(await releaseBlobs(bench.blobs, two), signal), []);
    await materialiseRelease(bench.blobs, two, bench.releases, signal);
  });

  it('keeps pinned releases whoever asks', async () => {
    await using bench = await openWorkbench();
    const [one] = await twoReleases(bench);
    await pinRelease(bench.blobs, one);
    await collectGarbage(bench.blobs, { keep: [], usedAfter: everything }, signal);
    assert.deepEqual(await bench.blobs.missing(await releaseBlobs(bench.blobs, one), signal), []);
    await unpinRelease(bench.blobs, one);
    assert.deepEqual(await pinnedReleases(bench.blobs), []);
    await collectGarbage(bench.blobs, { keep: [], usedAfter: everything }, signal);
    assert.deepEqual(await bench.blobs.digests(), []);
  });

  it('leaves what was stored, or stored again, a moment ago', async () => {
    await using bench = await openWorkbench();
    const { digest } = bench.blobs.putBytes('of a build that is still at work');
    assert.equal((await collectGarbage(bench.blobs, { keep: [], usedAfter: instant(0) }, signal)).blobs, 0);
    assert.equal(bench.blobs.has(digest), true);
  });

  it('removes nothing when a kept release cannot be read', async () => {
    await using bench = await openWorkbench();
    const [one, two] = await twoReleases(bench);
    await chmod(bench.blobs.path(two), 0o600);
    await writeFile(bench.blobs.path(two), '{"format":9}');
    await assert.rejects(collectGarbage(bench.blobs, { keep: [two], usedAfter: everything }, signal), {
      code: 'state-corrupt',
    });
    assert.deepEqual(await bench.blobs.missing(await releaseBlobs(bench.blobs, one), signal), []);
  });
});
