import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProgressBuffer } from './progress-buffer.ts';
import type { StepProgress } from './storage.ts';
import { clock } from './test-engine.ts';

test('progress is written in one batch, of which only the newest count of each step is kept', () => {
  const written: StepProgress[][] = [];
  const buffer = new ProgressBuffer(clock, (progress) => void written.push([...progress]));
  buffer.add('a', { type: 'progress', done: 1, total: 3, unit: 'files' });
  buffer.add('b', { type: 'progress', done: 9, total: null, unit: 'files' });
  buffer.add('a', { type: 'note', text: 'halfway' });
  buffer.add('a', { type: 'progress', done: 2, total: 3, unit: 'files' });
  buffer.flush();
  buffer.flush();
  assert.deepEqual(
    written.map((batch) => batch.map(({ step, progress }) => [step, progress])),
    [
      [
        ['b', { type: 'progress', done: 9, total: null, unit: 'files' }],
        ['a', { type: 'note', text: 'halfway' }],
        ['a', { type: 'progress', done: 2, total: 3, unit: 'files' }],
      ],
    ],
  );
});

test('what could not be written is written with the next batch', () => {
  const written: StepProgress[] = [];
  let isFull = true;
  const buffer = new ProgressBuffer(clock, (progress) => {
    if (isFull) throw new Error('full');
    written.push(...progress);
  });
  buffer.add(null, { type: 'note', text: 'first' });
  assert.throws(() => buffer.flush());
  isFull = false;
  buffer.add(null, { type: 'note', text: 'second' });
  buffer.flush();
  assert.equal(written.length, 2);
});

test('a runaway of output is cut off, and the cut is said', () => {
  const written: StepProgress[] = [];
  const buffer = new ProgressBuffer(clock, (progress) => void written.push(...progress));
  for (let line = 0; line < 25_000; line += 1) {
    buffer.add('build', { type: 'output', text: `line ${line}` });
    if (line % 1000 === 0) buffer.flush();
  }
  buffer.add('build', { type: 'note', text: 'still heard' });
  buffer.flush();
  assert.equal(written.filter(({ progress }) => progress.type === 'output').length, 20_000);
  const notes = written.map(({ progress }) => progress).filter(({ type }) => type === 'note');
  assert.deepEqual(notes, [
    { type: 'note', text: 'More than 20000 lines of output; the rest is not kept.' },
    { type: 'note', text: 'still heard' },
  ]);
});
