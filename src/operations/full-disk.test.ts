import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Failure } from '../core/failure.ts';
import { openStore } from '../store/store.ts';
import { OperationsEngine } from './engine.ts';
import type { OperationJournal, OperationStore } from './storage.ts';
import {
  clock,
  Diary,
  diaryStep,
  fixedPlan,
  followToEnd,
  gate,
  integrityOf,
  openBench,
  planned,
  request,
} from './test-engine.ts';

const story = [
  planned('start', 1),
  planned('switch', 2, { pivot: true }),
  planned('commit', 3, { commit: true }),
  planned('prune', 4, { onFailure: 'warn' }),
];

/** A journal on a disk that is full from its n-th record on, for three attempts to write. */
function fullFrom(store: OperationStore, nth: number): { store: OperationStore; wasReached(): boolean } {
  let writes = 0;
  const journal = new Proxy(store.journal, {
    get(target, name: keyof OperationJournal) {
      return (...values: unknown[]) => {
        writes += 1;
        if (writes >= nth && writes < nth + 3) throw new Failure('disk-full', 'Full.', { retryable: true });
        return (target[name] as (...values: unknown[]) => unknown).apply(target, values);
      };
    },
  });
  return { store: { ...store, journal }, wasReached: () => writes >= nth };
}

test('whichever record finds the disk full, the operation ends truthfully and takes back what it did', async (t) => {
  const { store, engine } = await openBench(t);
  for (let nth = 1; ; nth += 1) {
    const diary = new Diary();
    const full = fullFrom(store.operations, nth);
    const subject = engine({
      store: full.store,
      operationKinds: [fixedPlan(story)],
      stepKinds: [diaryStep(diary)],
    });
    subject.start();
    const { operation } = await subject.enqueue(request(`full from ${nth}`));
    await followToEnd(subject, operation.id);
    await subject.stop();
    const { outcome, failure } = store.operations.queue.find(operation.id);
    if (!full.wasReached()) {
      assert.ok(nth > 10, 'every record of the story has had its turn');
      break;
    }
    if (outcome === 'succeeded') {
      assert.deepEqual(diary.lines, ['do start', 'do switch', 'do commit', 'do prune'], `record ${nth}`);
      continue;
    }
    assert.ok(outcome === 'failed' || outcome === 'rolled-back', `record ${nth}: ${outcome}`);
    assert.equal(outcome === 'rolled-back', diary.of('do switch').length > 0, `record ${nth}`);
    assert.equal(failure?.code, 'disk-full');
    assert.equal(diary.of('do prune').length, 0);
    assert.deepEqual(
      diary.of('undo'),
      diary
        .of('do')
        .map((line) => `un${line}`)
        .toReversed(),
      `record ${nth}`,
    );
  }
});

test('a real full disk: nothing that serves is touched, and the operation ends once there is space', async (t) => {
  const directory = mountSmallDisk(t);
  if (directory === undefined) return;
  const store = await openStore({
    path: join(directory, 'control', 'mainstay.db'),
    clock,
    isOwnerAlive: () => true,
  });
  const diary = new Diary();
  const isFull = gate();
  const filler = join(directory, 'filler');
  const subject = new OperationsEngine({
    store: store.operations,
    clock,
    owner: { pid: 1, startedAt: 'test' },
    operationKinds: [
      fixedPlan([planned('start', 1), planned('build', 2), planned('switch', 3, { pivot: true })]),
    ],
    stepKinds: [
      diaryStep(diary, {
        'do build': () => {
          fill(filler);
          return 'x'.repeat(100_000);
        },
      }),
    ],
    onBug: (error) => assert.fail(String(error)),
    failurePoints: {
      reached: (name) => {
        // The record of the step is tried before the event loop turns.
        if (name === 'step.executed.diary' && diary.lines.includes('do build')) setImmediate(isFull.open);
      },
    },
    settings: { journalRetryMs: 20, stopMs: 20 },
  });
  t.after(async () => {
    await subject.stop();
    store.close();
  });
  subject.start();
  const { operation } = await subject.enqueue(request('key'));
  await isFull.opened;
  await assert.rejects(subject.enqueue(request('another', 'shop/staging', { text: 'x'.repeat(200_000) })), {
    code: 'disk-full',
  });
  assert.notEqual(store.operations.queue.find(operation.id).state, 'finished');
  truncateSync(filler);
  await followToEnd(subject, operation.id);
  const ended = store.operations.queue.find(operation.id);
  assert.equal(ended.outcome, 'failed');
  assert.equal(ended.failure?.code, 'disk-full');
  assert.deepEqual(diary.lines, ['do start', 'do build', 'undo build', 'undo start']);
  assert.equal(integrityOf(join(directory, 'control', 'mainstay.db')), 'ok');
});

function fill(file: string): void {
  const { bavail, bsize } = statfsSync(join(file, '..'));
  writeFileSync(file, Buffer.alloc(bavail * bsize));
}

/** A file system of 4 MB that ends with the test; undefined, with the test skipped, where none may be mounted. */
function mountSmallDisk(t: TestContext): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'mainstay-small-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', directory], { stdio: 'ignore' });
  } catch {
    rmSync(directory, { recursive: true });
    t.skip('mounting a small file system needs root');
    return undefined;
  }
  t.after(() => {
    execFileSync('umount', ['--lazy', directory]);
    rmSync(directory, { recursive: true });
  });
  return directory;
}
