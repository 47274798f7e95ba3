import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { machineFindings, nodeFinding } from './machine-findings.ts';

async function findings(root: string, key: string) {
  const all = await machineFindings({ root, key, controlSocket: '', controlLog: '', agentLog: '' });
  return new Map(all.map((finding) => [finding.about, finding]));
}

test('a key that others can read fails, with the command that mends it', async () => {
  const root = await mkdtemp(join(tmpdir(), 'mainstay-doctor-'));
  try {
    const key = join(root, 'key');
    await writeFile(key, 'secret', { mode: 0o600 });
    assert.equal((await findings(root, key)).get('Key file')?.state, 'ok');
    await chmod(key, 0o640);
    const found = (await findings(root, key)).get('Key file');
    assert.equal(found?.state, 'fail');
    assert.match(found?.fix ?? '', new RegExp(`^chmod 600 ${key}`));
    await chmod(root, 0o777);
    assert.equal((await findings(root, key)).get('Home')?.fix, `chmod go-w ${root}`);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});

test('a home that is not there yet is no fault', async () => {
  const all = await findings('/nonexistent/home', '/nonexistent/home/key');
  assert.deepEqual(
    [...all.values()].filter(({ state }) => state === 'fail'),
    [],
  );
});

test('a Node that is too old is named with the way out', () => {
  assert.equal(nodeFinding('24.21.0').state, 'ok');
  assert.equal(nodeFinding('25.0.0').state, 'ok');
  const old = nodeFinding('22.12.0');
  assert.equal(old.state, 'fail');
  assert.match(old.fix ?? '', /npm ci/);
});
