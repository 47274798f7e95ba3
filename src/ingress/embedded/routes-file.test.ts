import assert from 'node:assert/strict';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../core/failure.ts';
import type { FailureCode } from '../../core/failure-codes.ts';
import { testRoute } from '../conformance/test-route.ts';
import { checkRouteTable, readRoutesFile, writeRoutesFile } from './routes-file.ts';

const refuses = (code: FailureCode, message: RegExp) => (error: unknown) =>
  error instanceof Failure && error.code === code && message.test(error.message);

test('a table that was written is read back', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'routes-'));
  const path = join(directory.path, 'routes.json');
  assert.equal(await readRoutesFile(path), undefined);
  const tls = { mode: 'files', certificate: '/c', key: '/k' } as const;
  const health = { path: '/up', intervalMs: 1000, timeoutMs: 500 };
  const table = {
    generation: 7,
    routes: [testRoute([1, 2], { tls, health, maintenance: { message: 'x' } })],
  };
  await writeRoutesFile(path, table);
  assert.deepEqual(await readRoutesFile(path), table);
});

test('a damaged routes file is reported as such', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'routes-'));
  const path = join(directory.path, 'routes.json');
  for (const text of ['', '{', '{"generation":1}', '[]']) {
    await writeFile(path, text);
    await assert.rejects(readRoutesFile(path), refuses('state-corrupt', /the file is damaged/));
  }
});

const wrong: readonly (readonly [name: string, route: object, message: RegExp])[] = [
  ['a host in capitals', { hosts: ['App.test'] }, /hosts/],
  ['a host that would name a file elsewhere', { hosts: ['../etc'] }, /hosts/],
  ['a prefix without slash', { pathPrefix: 'shop' }, /pathPrefix/],
  ['a port that is none', { upstreams: [{ instance: 'a', port: 0, release: 'r' }] }, /upstream/],
  [
    'a health path that is more than one line',
    { health: { path: '/a\r\nX: y', intervalMs: 1, timeoutMs: 1 } },
    /health/,
  ],
  ['an interval of nothing', { health: { path: '/', intervalMs: 0, timeoutMs: 1 } }, /health/],
  ['an unknown way of TLS', { tls: { mode: 'maybe' } }, /tls/],
  ['no limits', { limits: {} }, /limits/],
  ['a negative hold', { holdMs: -1 }, /holdMs/],
];

for (const [name, change, message] of wrong) {
  test(`a table with ${name} is refused`, () => {
    const table = { generation: 1, routes: [{ ...testRoute([1]), ...change }] };
    assert.throws(() => checkRouteTable(table), refuses('usage-invalid', message));
  });
}

test('two routes may not claim one place, and each needs an id of its own', () => {
  const first = testRoute([1], { id: 'first' });
  const table = (second: object) => ({ generation: 1, routes: [first, { ...first, ...second }] });
  assert.throws(
    () => checkRouteTable(table({ id: 'second' })),
    refuses('conflict', /first and second both claim app\.test\//),
  );
  assert.throws(() => checkRouteTable(table({})), refuses('usage-invalid', /two routes have the id first/));
  assert.equal(checkRouteTable(table({ id: 'second', pathPrefix: '/second' })).generation, 1);
});
