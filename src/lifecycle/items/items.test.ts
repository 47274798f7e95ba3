import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EvidenceKinds, HostObserved } from '../evidence-kinds.ts';
import { environmentFacts } from '../facts.ts';
import type { BoardLine } from '../judge-items.ts';
import { day, digests, judge, Story, serving, shopManifest } from '../test-facts.ts';

const { first, second } = digests;
const gibibyte = 1024 ** 3;
const staging = 'shop/staging';
const production = 'shop/production';
const manifest = shopManifest();
const both = [serving(staging, manifest), serving(production, manifest)];

const host: HostObserved = {
  os: 'Debian GNU/Linux 12 (bookworm)',
  kernel: '6.1.0',
  cpus: 2,
  memoryBytes: 4 * gibibyte,
  diskTotalBytes: 100 * gibibyte,
  diskFreeBytes: 40 * gibibyte,
  runtimes: { node: 'v24.21.0', python3: '3.8.1', npm: '11.0.0' },
  ingress: { address: '127.0.0.1', httpPort: 7080, httpsPort: 7443 },
  exposed: [],
};
const observed = (changes: Partial<HostObserved> = {}): Story =>
  new Story().add('host.observed', 'host:local', { ...host, ...changes });

const finished = (
  changes: Partial<EvidenceKinds['operation.finished']> = {},
): EvidenceKinds['operation.finished'] => ({
  operation: 'op',
  kind: 'rollback',
  outcome: 'succeeded',
  summary: null,
  failure: null,
  durationMs: 2100,
  ...changes,
});

function expect(line: BoardLine | undefined, state: BoardLine['state'], reason: RegExp): void {
  assert.equal(line?.state, state, line?.reason);
  assert.match(line?.reason ?? '', reason);
  if (state === 'fail' || state === 'stale') assert.notEqual(line?.next, null, 'it says what to do');
}

test('A1: a host passes with enough memory and disk, for a day', () => {
  expect(
    judge(observed(), both).get('A1'),
    'pass',
    /local: 2 CPUs, 4.0 GiB of memory, 40.0 GiB of 100.0 GiB/,
  );
  expect(judge(observed(), both, { age: 2 * day }).get('A1'), 'stale', /too long ago/);
  expect(
    judge(observed({ diskFreeBytes: gibibyte / 2 }), both).get('A1'),
    'fail',
    /only 512.0 MiB of 100.0 GiB/,
  );
  const services =
    'services: { web: { command: node s.js, health: /h, instances: 4, limits: { memory: 1GB } } }';
  const hungry = [serving(staging, shopManifest({ services }))];
  expect(judge(observed(), hungry).get('A1'), 'fail', /instances may take/);
  expect(judge(new Story(), both).get('A1'), 'unknown', /No host was observed/);
});

test('A2: systems and the runtimes that the app uses are held against their support', () => {
  expect(judge(observed(), both).get('A2'), 'pass', /Debian 12 .* until 2028-06-30.*Node\.js 24/);
  expect(
    judge(observed({ os: 'Ubuntu 20.04.6 LTS' }), both).get('A2'),
    'fail',
    /no security updates since 2025-05-31/,
  );
  expect(judge(observed({ os: 'Plan 9' }), both).get('A2'), 'unknown', /Plan 9/);
  const old = judge(observed({ runtimes: { node: 'v18.20.1' } }), both).get('A2');
  expect(old, 'fail', /Node\.js 18/);
});

test('A3: two builds of the same source that agree prove it, until the source changes', () => {
  const once = new Story().built(first, 1);
  expect(judge(once, both).get('A3'), 'unknown', /takes two builds/);
  expect(
    judge(new Story().built(first, 1).built(first, 1, 'source', true), both).get('A3'),
    'unknown',
    /once/,
  );
  expect(judge(new Story().built(first, 1).built(first, 1), both).get('A3'), 'pass', /same from 2 builds/);
  expect(judge(new Story().built(first, 1).built(second, 2), both).get('A3'), 'fail', /r1 and r2 differ/);
  const changed = new Story().built(first, 1).built(first, 1).built(second, 2, 'other');
  expect(judge(changed, both).get('A3'), 'stale', /r2 was built once/);
});

test('A4: a finding fails, and a build after the search makes it stale', () => {
  const scan = (findings: EvidenceKinds['secrets.scanned']['findings']) =>
    new Story().built(first, 1).add('secrets.scanned', 'shop', { release: first, findings });
  expect(judge(scan([]), both).get('A4'), 'pass', /r1/);
  const found = judge(scan([{ path: 'id_rsa', line: 1, kind: 'private key' }]), both).get('A4');
  expect(found, 'fail', /id_rsa:1 looks like a private key\./);
  expect(judge(scan([]).built(second, 2), both).get('A4'), 'stale', /r2 came after/);
});

test('A6: an instance that other machines can reach fails', () => {
  expect(judge(observed(), both).get('A6'), 'pass', /127\.0\.0\.1, ports 7080 and 7443/);
  const open = observed({ exposed: [{ instance: 'shop.staging.web.0', port: 3000 }] });
  expect(judge(open, both).get('A6'), 'fail', /port 3000 past the ingress/);
  expect(judge(observed({ exposed: null }), both).get('A6'), 'unknown', /cannot be seen/);
});

test('B1: grave differences fail, a change after the comparison makes it stale', () => {
  const compared = (severity: 'high' | 'low') =>
    new Story().add('compare.run', 'shop', {
      left: 'staging',
      right: 'production',
      differences: [{ what: 'memory of web', severity }],
    });
  expect(judge(compared('low'), both).get('B1'), 'pass', /poorer rehearsal/);
  expect(judge(compared('high'), both).get('B1'), 'fail', /memory of web/);
  expect(
    judge(compared('low').verified(production, second, 2), both).get('B1'),
    'stale',
    /production has changed/,
  );
  expect(judge(compared('low').verified(production, first, 1, null), both).get('B1'), 'pass', /./);
  expect(judge(new Story(), both).get('B1'), 'unknown', /never compared/);
});

test('B3: the release on staging must have passed its checks, and still pass them', () => {
  expect(
    judge(new Story().verified(staging, first, 1), both).get('B3'),
    'pass',
    /r1 passed 1 check on staging/,
  );
  expect(judge(new Story().verified(staging, second, 2), both).get('B3'), 'unknown', /not verified/);
  const failed = { release: first, operation: 'op', reason: 'home: 500' };
  const later = new Story().verified(staging, first, 1).add('verification.failed', staging, failed);
  expect(judge(later, both).get('B3'), 'fail', /home: 500/);
  expect(judge(later.verified(staging, first, 1, null), both).get('B3'), 'pass', /./);
  const unchecked = new Story().add('deploy.verified', staging, {
    release: first,
    number: 1,
    checks: [],
    operation: 'op',
  });
  expect(judge(unchecked, both).get('B3'), 'fail', /no check asks/);
});

test('B4: production must serve what staging verified, and a forced way past that shows', () => {
  expect(judge(new Story().verified(staging, first, 1), both).get('B4'), 'pass', /was verified on staging/);
  const forced = { release: first, operation: 'op', reason: 'urgent' };
  const story = new Story().add('promotion.forced', production, forced).verified(production, first, 1);
  expect(judge(story, both).get('B4'), 'fail', /by force: urgent/);
  expect(judge(new Story().verified(production, first, 1), both).get('B4'), 'fail', /never verified/);
  const alone = [
    serving(
      production,
      shopManifest({ environments: 'environments: { production: { domain: a.localhost } }' }),
    ),
  ];
  expect(judge(new Story(), alone).get('B4'), 'unknown', /nothing is rehearsed/);
  const onlyStaging = judge(new Story().verified(staging, first, 1), [serving(staging, manifest)]);
  expect(onlyStaging.get('B3'), 'pass', /on staging/);
  expect(onlyStaging.get('B4'), 'unknown', /Nothing serves on production yet/);
});

test('B5: a rollback counts for ninety days, with the time it took', () => {
  const story = new Story().add('operation.finished', staging, finished());
  expect(judge(story, both).get('B5'), 'pass', /shop\/staging went back in 2\.1s/);
  expect(judge(story, both, { age: 91 * day }).get('B5'), 'stale', /2\.1s/);
  const failed = new Story().add('operation.finished', staging, finished({ outcome: 'failed' }));
  expect(judge(failed, both).get('B5'), 'unknown', /No rollback/);
});

test('B6: production must have held through its watch period', () => {
  const story = new Story().verified(production, first, 1);
  expect(judge(story, both).get('B6'), 'pass', /watch period of 10s/);
  const unwatched = shopManifest({ deploy: 'deploy: { watch: 0s }' });
  expect(
    judge(story, [serving(staging, unwatched), serving(production, unwatched)]).get('B6'),
    'fail',
    /not watched/,
  );
  const failed = { release: first, operation: 'verify', reason: 'home: 500' };
  const later = story.add('verification.failed', production, failed);
  expect(judge(later, both).get('B6'), 'fail', /Since its deploy/);
});

test('D1: every route needs a health URL or a check of its own', () => {
  expect(judge(new Story(), both).get('D1'), 'pass', /checked/);
  const services = 'services: { web: { command: node s.js }, api: { command: node a.js, routes: [/api] } }';
  const bare = [serving(staging, shopManifest({ services }))];
  expect(judge(new Story(), bare).get('D1'), 'fail', /whether api \(\/api\) answers/);
  const checks = 'checks: { home: { http: { path: / } }, api: { http: { path: /api/ping } } }';
  expect(
    judge(new Story(), [serving(staging, shopManifest({ services, checks }))]).get('D1'),
    'pass',
    /all 2/,
  );
});

test('F2: a build that runs the tests is the evidence, and no other build is', () => {
  expect(judge(new Story().built(first, 1), both).get('F2'), 'pass', /npm test/);
  const build = 'build: { commands: [npm ci, npm run latest-things] }';
  expect(judge(new Story(), [serving(staging, shopManifest({ build }))]).get('F2'), 'unknown', /was tested/);
});

test('an environment that serves nothing is asked for, not judged', () => {
  const empty = [environmentFacts(staging, null, null)];
  const board = judge(new Story(), empty);
  for (const id of ['A5', 'B3', 'B4', 'D1', 'F2']) assert.equal(board.get(id)?.state, 'unknown', id);
});
