import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../core/failure.ts';
import type { OutputReader, RunCommand, RunHandle, RunSpec, Runtime } from '../runtime.ts';

/** Commands that a runtime under test can run, each with a known behaviour. */
export interface SuiteCommands {
  /** Prints `ready` and runs until it is told to stop, then ends with code 0. */
  readonly serve: RunCommand;
  /** Prints `ready`, takes no notice of SIGTERM and never ends by itself. */
  readonly stubborn: RunCommand;
  /** Prints the text on both streams and ends with the code. */
  exit(code: number, text: string): RunCommand;
  /** Prints `ready`, lets go of a second process that outlives it and ignores SIGTERM, and runs on. */
  readonly detaching: RunCommand;
  /** Names a program that is not there. */
  readonly missing: RunCommand;
}

export interface RuntimeFixture {
  readonly runtime: Runtime;
  readonly commands: SuiteCommands;
  /** A runtime as a later agent would make it, knowing nothing but what is stored. */
  restarted(): Runtime;
  /** How many processes of the run are left. */
  countLeft(run: string): Promise<number>;
  spec(run: string, command: RunCommand): RunSpec;
  [Symbol.asyncDispose](): Promise<void>;
}

const never = new AbortController().signal;

let count = 0;
const nextRun = (): string => {
  count += 1;
  return `suite-${process.pid}-${count}`;
};

/** What every runtime owes its callers. `label` stands before the name of each test. */
export function runtimeSuite(label: string, makeFixture: () => Promise<RuntimeFixture>): void {
  endingTests(label, makeFixture);
  startingTests(label, makeFixture);
  restartTests(label, makeFixture);
}

function endingTests(label: string, makeFixture: () => Promise<RuntimeFixture>): void {
  test(`${label}: a run that ends by itself tells its exit code and everything that it printed`, async () => {
    await using fixture = await makeFixture();
    const { runtime, commands } = fixture;
    const handle = await runtime.start(fixture.spec(nextRun(), commands.exit(7, 'last words')), never);
    const output = collect(runtime, handle);
    assert.deepEqual(await runtime.wait(handle, never), { code: 7, signal: null, limit: null });
    output.reader.finish();
    assert.equal(output.text('out'), 'last words\n');
    assert.equal(output.text('err'), 'last words\n');
    await runtime.remove(handle.run);
  });

  test(`${label}: stop ends a run that listens to its signal, with the code it chose`, async () => {
    await using fixture = await makeFixture();
    const { runtime, commands } = fixture;
    const handle = await runtime.start(fixture.spec(nextRun(), commands.serve), never);
    await collect(runtime, handle).waitFor('ready');
    const exit = await runtime.stop(handle, { signal: 'SIGTERM', graceMs: 10_000 }, never);
    assert.equal(exit.code, 0);
    assert.equal(await fixture.countLeft(handle.run), 0);
    await runtime.remove(handle.run);
  });

  test(`${label}: stop kills what ignores its signal once the grace has passed`, async () => {
    await using fixture = await makeFixture();
    const { runtime, commands } = fixture;
    const handle = await runtime.start(fixture.spec(nextRun(), commands.stubborn), never);
    await collect(runtime, handle).waitFor('ready');
    const exit = await runtime.stop(handle, { signal: 'SIGTERM', graceMs: 150 }, never);
    assert.equal(exit.signal, 'SIGKILL');
    assert.equal(await fixture.countLeft(handle.run), 0);
    await runtime.remove(handle.run);
  });

  test(`${label}: stop leaves nothing of a run that detached a process from itself`, async () => {
    await using fixture = await makeFixture();
    const { runtime, commands } = fixture;
    const handle = await runtime.start(fixture.spec(nextRun(), commands.detaching), never);
    await collect(runtime, handle).waitFor('ready');
    assert.ok((await fixture.countLeft(handle.run)) >= 2);
    await runtime.stop(handle, { signal: 'SIGTERM', graceMs: 200 }, never);
    assert.equal(await fixture.countLeft(handle.run), 0);
    await runtime.remove(handle.run);
  });

  test(`${label}: stopping a run that has ended, or is stopped already, is no error`, async () => {
    await using fixture = await makeFixture();
    const { runtime, commands } = fixture;
    const handle = await runtime.start(fixture.spec(nextRun(), commands.exit(0, 'done')), never);
    await runtime.wait(handle, never);
    const how = { signal: 'SIGTERM', graceMs: 1000 };
    await runtime.stop(handle, how, never);
    await runtime.stop(handle, how, never);
    await runtime.remove(handle.run);
    await runtime.remove(handle.run);
  });
}

function startingTests(label: string, makeFixture: () => Promise<RuntimeFixture>): void {
  test(`${label}: a program that is not there is named, and nothing is left of the attempt`, async () => {
    await using fixture = await makeFixture();
    const { runtime, commands } = fixture;
    const run = nextRun();
    await assert.rejects(runtime.start(fixture.spec(run, commands.missing), never), (error: unknown) => {
      assert.ok(error instanceof Failure);
      assert.equal(error.code, 'command-not-found');
      assert.match(error.message, /no-such-program/);
      return true;
    });
    assert.equal(await runtime.find(run, never), undefined);
  });
}

function restartTests(label: string, makeFixture: () => Promise<RuntimeFixture>): void {
  test(`${label}: a run outlives the runtime that started it; the next one reads on and can stop it`, async () => {
    await using fixture = await makeFixture();
    const { commands } = fixture;
    const handle = await fixture.runtime.start(fixture.spec(nextRun(), commands.serve), never);
    const first = collect(fixture.runtime, handle);
    await first.waitFor('ready');
    first.reader.close();
    const later = fixture.restarted();
    const stored = JSON.parse(JSON.stringify(handle)) as RunHandle;
    assert.ok((await later.observe(stored, never)).memoryBytes > 0);
    await later.stop(stored, { signal: 'SIGTERM', graceMs: 5000 }, never);
    assert.equal(await fixture.countLeft(handle.run), 0);
    await later.remove(handle.run);
  });

  test(`${label}: a run whose start was never recorded is found by its name`, async () => {
    await using fixture = await makeFixture();
    const { commands } = fixture;
    const handle = await fixture.runtime.start(fixture.spec(nextRun(), commands.serve), never);
    await collect(fixture.runtime, handle).waitFor('ready');
    const later = fixture.restarted();
    const found = await later.find(handle.run, never);
    assert.ok(found);
    assert.equal(found.pid, handle.pid);
    await later.stop(found, { signal: 'SIGTERM', graceMs: 5000 }, never);
    assert.equal(await fixture.countLeft(handle.run), 0);
    await later.remove(handle.run);
    assert.equal(await later.find(handle.run, never), undefined);
  });

  test(`${label}: an exit that is kept is known to a runtime that did not see it`, async () => {
    await using fixture = await makeFixture();
    const spec = { ...fixture.spec(nextRun(), fixture.commands.exit(3, 'gone')), keepExit: true };
    const handle = await fixture.runtime.start(spec, never);
    await fixture.runtime.wait(handle, never);
    const later = fixture.restarted();
    assert.equal((await later.wait(handle, never)).code, 3);
    const found = await later.find(handle.run, never);
    assert.ok(found);
    assert.equal((await later.wait(found, never)).code, 3);
    await later.remove(handle.run);
  });

  test(`${label}: a handle to a run that was removed is that of a run which ended unseen`, async () => {
    await using fixture = await makeFixture();
    const handle = await fixture.runtime.start(fixture.spec(nextRun(), fixture.commands.exit(0, 'x')), never);
    await fixture.runtime.wait(handle, never);
    await fixture.runtime.remove(handle.run);
    const later = fixture.restarted();
    const unseen = { code: null, signal: null, limit: null };
    const output = collect(later, handle);
    assert.deepEqual(await later.wait(handle, never), unseen);
    assert.deepEqual(await later.stop(handle, { signal: 'SIGTERM', graceMs: 1000 }, never), unseen);
    output.reader.finish();
    assert.equal(output.text('out'), '');
  });

  test(`${label}: waiting ends when the caller gives up, and the run goes on`, async () => {
    await using fixture = await makeFixture();
    const { runtime, commands } = fixture;
    const handle = await runtime.start(fixture.spec(nextRun(), commands.serve), never);
    await collect(runtime, handle).waitFor('ready');
    const giveUp = new AbortController();
    const waiting = runtime.wait(handle, giveUp.signal);
    giveUp.abort(new Error('enough'));
    await assert.rejects(waiting, /enough/);
    assert.ok((await fixture.countLeft(handle.run)) > 0);
    await runtime.stop(handle, { signal: 'SIGTERM', graceMs: 5000 }, never);
    await runtime.remove(handle.run);
  });
}

interface Collected {
  readonly reader: OutputReader;
  text(stream: 'out' | 'err'): string;
  waitFor(word: string): Promise<void>;
}

function collect(runtime: Runtime, handle: RunHandle): Collected {
  const parts = { out: '', err: '' };
  const reader = runtime.read(handle, (stream, data) => {
    parts[stream] += data.toString();
  });
  return {
    reader,
    text: (stream) => parts[stream],
    async waitFor(word) {
      while (!parts.out.includes(word)) await sleep(5);
    },
  };
}
