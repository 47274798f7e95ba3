import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStyle, symbolsFor } from '../style.ts';
import { textWidth } from '../text-width.ts';
import { type EnvironmentOverview, statusLines } from './status-lines.ts';

const now = 1_700_000_000_000;
const overview = (id: string, more: Partial<EnvironmentOverview> = {}): EnvironmentOverview => ({
  id,
  release: { number: 12, digest: 'ab'.repeat(32) },
  deployedAt: now - 3_700_000,
  state: 'serving',
  reason: null,
  urls: [`https://${id.split('/')[1]}.guestbook.example.org/`],
  instances: { running: 2, wanted: 2 },
  maintenance: false,
  lastOperation: null,
  configChanged: false,
  ...more,
});
const status = (...environments: EnvironmentOverview[]) => ({ version: '0.1.0', hosts: [], environments });
const view = (width: number, colours = false) => ({
  style: createStyle(colours, symbolsFor({})),
  width,
  now,
});

test('where the address does not fit beside the rest it gets a line of its own, uncut', () => {
  const answer = status(
    overview('shop/staging'),
    overview('shop/production', { state: 'degraded', reason: '1 of 2 instances answer.' }),
  );
  assert.deepEqual(statusLines(answer, view(60)), [
    'shop',
    '  staging     ● serving   r12 (abababab)  2/2  1 hour ago',
    '      https://staging.guestbook.example.org/',
    '  production  ● degraded  r12 (abababab)  2/2  1 hour ago',
    '      https://production.guestbook.example.org/',
    '      1 of 2 instances answer.',
  ]);
});

test('colours change no layout', () => {
  const answer = status(overview('shop/staging', { configChanged: true }));
  const plain = statusLines(answer, view(100));
  const coloured = statusLines(answer, view(100, true));
  assert.deepEqual(
    coloured.map((line) => line.replaceAll(/\u001b\[\d+m/g, '')),
    plain,
  );
  assert.notDeepEqual(coloured, plain);
});

test('everything but an address fits a narrow terminal', () => {
  const failure = { code: 'build-failed', message: 'The build '.repeat(20), retryable: false };
  const lastOperation = {
    id: 'op',
    kind: 'deploy',
    environment: 'shop/staging',
    state: 'finished',
    outcome: 'failed',
    summary: null,
    failure,
    createdAt: now,
    startedAt: now,
    finishedAt: now,
  } as const;
  const lines = statusLines(status(overview('shop/staging', { lastOperation })), view(50));
  for (const line of lines.filter((text) => !text.includes('http'))) assert.ok(textWidth(line) <= 50, line);
  assert.match(lines.join('\n'), /deploy failed just now: The build/);
});

test('a host that does not answer is named with the reason', () => {
  const answer = {
    ...status(overview('shop/staging')),
    hosts: [{ name: 'web-2', reachable: false, reason: 'connection refused' }],
  };
  assert.equal(statusLines(answer, view(100)).at(-1), 'Host web-2 does not answer: connection refused');
});
