import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { instant } from '../core/units.ts';
import { compareEnvironments } from './compare-environments.ts';
import type { EnvironmentPicture } from './environment-picture.ts';

const day = 86_400_000;
const now = instant(1000 * day);
const megabyte = 1024 * 1024;

const host = {
  name: 'local',
  os: 'Debian 12',
  cpus: 2,
  memoryBytes: 4096 * megabyte,
  runtimes: { node: '24.21.0' },
};
const production: EnvironmentPicture = {
  name: 'production',
  strategy: 'process',
  release: { digest: 'a'.repeat(64), number: 7 },
  domains: ['shop.example', 'www.shop.example'],
  tls: 'local',
  services: [
    { name: 'web', instances: 2, memoryBytes: 256 * megabyte, cpus: 1 },
    { name: 'worker', instances: 1, memoryBytes: null, cpus: null },
  ],
  configuration: ['GREETING', 'REGION'],
  secrets: ['SESSION_KEY'],
  hosts: [host],
  data: [{ name: 'entries', bytes: 500 * megabyte, modifiedAt: now }],
};

function compare(change: Partial<EnvironmentPicture>, right: EnvironmentPicture = production) {
  return compareEnvironments({ ...right, name: 'staging', ...change }, right, now);
}

const seen = (change: Partial<EnvironmentPicture>, right?: EnvironmentPicture) =>
  compare(change, right).map(({ what, left, right: other, severity }) => [what, left, other, severity]);

describe('compareEnvironments', () => {
  it('finds nothing between two that are alike but for their name and domains', () => {
    assert.deepEqual(compare({ domains: ['a.example', 'b.example'] }), []);
  });

  it('finds that staging is behind, or ahead, or empty', () => {
    assert.deepEqual(seen({ release: { digest: 'b'.repeat(64), number: 6 } }), [
      ['release', 'r6 (bbbbbbbbbbbb)', 'r7 (aaaaaaaaaaaa)', 'high'],
    ]);
    assert.deepEqual(seen({ release: { digest: 'b'.repeat(64), number: 8 } })[0]?.[3], 'low');
    assert.deepEqual(seen({ release: null }), [['release', null, 'r7 (aaaaaaaaaaaa)', 'high']]);
  });

  it('finds keys and secrets that only one side has', () => {
    assert.deepEqual(seen({ configuration: ['GREETING', 'DEBUG'], secrets: [] }), [
      ['configuration DEBUG', 'set', 'not set', 'high'],
      ['configuration REGION', 'not set', 'set', 'high'],
      ['secret SESSION_KEY', 'not set', 'set', 'high'],
    ]);
  });

  it('finds instance counts, and weighs one against several more', () => {
    const services = [
      { name: 'web', instances: 1, memoryBytes: 256 * megabyte, cpus: 1 },
      { name: 'worker', instances: 0, memoryBytes: null, cpus: null },
    ];
    assert.deepEqual(seen({ services }), [
      ['instances of worker', '0', '1', 'high'],
      ['instances of web', '1', '2', 'medium'],
    ]);
  });

  it('finds limits: looser ones hide what tighter ones would show', () => {
    const web = (memoryBytes: number | null, cpus: number | null) => ({
      services: [{ name: 'web', instances: 2, memoryBytes, cpus }, ...production.services.slice(1)],
    });
    assert.deepEqual(seen(web(null, 0.5)), [
      ['memory limit of web', 'none', '256.0 MiB', 'high'],
      ['CPU limit of web', '0.5 cores', '1 cores', 'low'],
    ]);
    assert.deepEqual(seen(web(512 * megabyte, 1)), [
      ['memory limit of web', '512.0 MiB', '256.0 MiB', 'high'],
    ]);
  });

  it('finds a service that is missing, TLS, strategy and domains', () => {
    assert.deepEqual(
      seen({
        services: production.services.slice(0, 1),
        tls: 'off',
        strategy: 'manual',
        domains: ['one.example'],
      }),
      [
        ['service worker', null, 'runs', 'high'],
        ['strategy', 'manual', 'process', 'high'],
        ['TLS', 'off', 'local', 'medium'],
        ['domains', 'one.example', 'shop.example, www.shop.example', 'low'],
      ],
    );
  });

  it('finds other versions and sizes of other machines, and nothing on the same machine', () => {
    const other = {
      ...host,
      name: 'small',
      os: 'Debian 11',
      cpus: 1,
      runtimes: { node: '22.0.0', python3: '3.11' },
    };
    assert.deepEqual(seen({ hosts: [other] }), [
      ['version of node', '22.0.0', '24.21.0', 'high'],
      ['version of python3', '3.11', 'absent', 'high'],
      ['operating system', 'Debian 11', 'Debian 12', 'medium'],
      ['CPUs of a host', '1', '2', 'low'],
    ]);
    const many = { ...production, hosts: [host, { ...host, name: 'second' }] };
    assert.deepEqual(seen({ hosts: [host] }, many), [['hosts', '1', '2', 'high']]);
  });

  it('finds data that is missing, much smaller, or old', () => {
    assert.deepEqual(seen({ data: [] }), [['data entries', null, 'there', 'high']]);
    assert.deepEqual(seen({ data: [{ name: 'entries', bytes: megabyte, modifiedAt: now - 40 * day }] }), [
      ['age of data entries', 'written 40d ago', 'written just now', 'medium'],
      ['size of data entries', '1.0 MiB', '500.0 MiB', 'medium'],
    ]);
    const small = { ...production, data: [{ name: 'entries', bytes: 1000, modifiedAt: now }] };
    assert.deepEqual(seen({ data: [{ name: 'entries', bytes: 0, modifiedAt: null }] }, small), [
      ['age of data entries', 'never written', 'written just now', 'medium'],
    ]);
  });

  it('says for each difference why it matters', () => {
    for (const { why } of compare({ release: null, secrets: [], tls: 'off' })) assert.ok(why.length > 20);
  });
});
