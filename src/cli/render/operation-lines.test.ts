import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OperationEventBodyView } from '../../api/operation-events.ts';
import { createStyle, symbolsFor } from '../style.ts';
import { textWidth } from '../text-width.ts';
import { operationLines, type View } from './operation-lines.ts';
import { applyEvent, emptyProgress, type OperationProgress } from './operation-progress.ts';
import { plainLines } from './plain-lines.ts';

const style = createStyle(false, symbolsFor({}));
const view: View = { width: 60, height: 100, now: 10_000, frame: 0, style };

const failure = { code: 'instance-exited', message: 'web.0 exited with code 1.', retryable: false } as const;
const step = (id: string, wave: number, title = id) =>
  ({ id, title, wave, kind: 'test', onFailure: 'compensate' }) as const;

/** Events one second apart, from second 1 on. */
function play(...bodies: OperationEventBodyView[]): OperationProgress {
  return bodies.reduce(
    (progress, body, index) => applyEvent(progress, { seq: index + 1, at: (index + 1) * 1000, ...body }),
    emptyProgress('deploy', 'shop/staging'),
  );
}

const planned: OperationEventBodyView = {
  type: 'planned',
  data: {
    summary: 'Deploy r2 to shop/staging',
    steps: [step('copy', 0), step('start a', 1), step('start b', 1), step('switch', 2)],
  },
};
const started = (id: string): OperationEventBodyView => ({
  type: 'step-started',
  data: { step: id, title: id, attempt: 1 },
});
const done = (id: string): OperationEventBodyView => ({
  type: 'step-done',
  data: { step: id, durationMs: 250 },
});

test('while it prepares, the last line of output stands below', () => {
  const progress = play(
    { type: 'preparing', data: {} },
    { type: 'step-progress', data: { step: null, progress: { type: 'output', text: 'one' } } },
    { type: 'step-progress', data: { step: null, progress: { type: 'output', text: '\u001b[2Jtwo' } } },
  );
  assert.deepEqual(operationLines(progress, view), [
    'Deploy to shop/staging',
    '  ⠋ Build and plan                                       9s',
    '      two',
  ]);
});

test('each step has its state and its time, and steps of one wave are tied together', () => {
  const progress = play(
    { type: 'preparing', data: {} },
    planned,
    started('copy'),
    done('copy'),
    started('start a'),
    started('start b'),
    done('start b'),
  );
  assert.deepEqual(operationLines(progress, view), [
    'Deploy r2 to shop/staging',
    '  ✓ Build and plan                                       1s',
    '  ✓ copy                                              250ms',
    '╭ ⠋ start a                                              5s',
    '╰ ✓ start b                                           250ms',
    '  · switch',
  ]);
});

test('a failure shows what failed, what was taken back and what was never begun', () => {
  const progress = play(
    planned,
    started('copy'),
    done('copy'),
    started('start a'),
    { type: 'step-failed', data: { step: 'start a', failure, then: 'compensate' } },
    { type: 'compensating', data: { failure } },
    { type: 'step-compensated', data: { step: 'start a' } },
    { type: 'step-compensated', data: { step: 'copy' } },
    { type: 'finished', data: { outcome: 'failed', failure } },
  );
  const marks = operationLines(progress, view)
    .slice(1)
    .map((line) => line.trimEnd().slice(0, 11).trimEnd());
  assert.deepEqual(marks, ['  ↺ copy', '╭ ✗ start a', '╰ - start b', '  - switch']);
  assert.equal(progress.failure, failure);
});

test('a step that is tried again says why, and forgets it when it succeeds', () => {
  const events = [
    planned,
    started('copy'),
    { type: 'step-failed', data: { step: 'copy', failure, then: 'retry' } },
  ] as const;
  assert.match(operationLines(play(...events), view)[1] ?? '', /copy {2}trying again: web\.0 exited/);
  assert.doesNotMatch(
    operationLines(play(...events, started('copy'), done('copy')), view)[1] ?? '',
    /trying/,
  );
});

test('no line is wider than the terminal, and no more lines come than it has rows', () => {
  const steps = Array.from({ length: 40 }, (_, index) =>
    step(`step ${index}`, Math.floor(index / 3), `Start 日本 ${'long '.repeat(index % 20)}`),
  );
  const events: OperationEventBodyView[] = [
    { type: 'preparing', data: {} },
    { type: 'planned', data: { summary: 'x'.repeat(300), steps } },
  ];
  for (let index = 0; index < steps.length; index += 1) {
    events.push(started(`step ${index}`));
    if (index > 0) events.push(done(`step ${index - 1}`));
    for (const [width, height] of [
      [80, 24],
      [40, 10],
      [24, 5],
    ] as const) {
      const lines = operationLines(play(...events), { ...view, width, height });
      assert.ok(lines.length <= height, `${lines.length} lines in ${height} rows`);
      for (const line of lines)
        assert.ok(textWidth(line) < width, `${textWidth(line)} columns in ${width}: ${line}`);
      assert.ok(
        lines.some((line) => line.includes('⠋')),
        'what runs is always in sight',
      );
    }
  }
});

test('without a terminal each event that matters becomes a line', () => {
  const bodies: OperationEventBodyView[] = [
    { type: 'accepted', data: { kind: 'deploy', environment: 'shop/staging', requestedBy: 'ada' } },
    { type: 'queued-behind', data: { operation: 'op0', ahead: 2 } },
    { type: 'preparing', data: {} },
    { type: 'step-progress', data: { step: null, progress: { type: 'output', text: 'added 12 packages' } } },
    planned,
    started('copy'),
    { type: 'step-progress', data: { step: 'copy', progress: { type: 'note', text: '3 MiB' } } },
    done('copy'),
    { type: 'step-failed', data: { step: 'start a', failure, then: 'compensate' } },
    { type: 'compensating', data: { failure } },
    { type: 'step-compensated', data: { step: 'copy' } },
    { type: 'finished', data: { outcome: 'failed', failure } },
  ];
  const lines = bodies.flatMap((body, index) => {
    const progress = play(...bodies.slice(0, index + 1));
    return plainLines({ seq: index + 1, at: 0, ...body }, progress, style);
  });
  assert.deepEqual(lines, [
    'Deploy to shop/staging',
    'Waiting: 2 operations come first.',
    '  | added 12 packages',
    'Deploy r2 to shop/staging',
    '✓ copy (3 MiB, 250ms)',
    '✗ start a: web.0 exited with code 1.',
    'Taking back what was done.',
    '↺ copy: taken back',
  ]);
});

test('an event that only a newer control plane sends changes nothing', () => {
  const before = play(planned);
  const event = { seq: 9, at: 9000, type: 'invented-later', data: {} } as never;
  assert.deepEqual(applyEvent(before, event), before);
});
