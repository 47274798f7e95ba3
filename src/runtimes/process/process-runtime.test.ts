import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../core/failure.ts';
import { hasVariable, readProcessTable } from '../../system/process-table.ts';
import { type RuntimeFixture, runtimeSuite } from '../conformance/runtime-suite.ts';
import type { RunCommand, RunSpec } from '../runtime.ts';
import { ProcessRuntime, type ProcessRuntimeOptions } from './process-runtime.ts';

const never = new AbortController().signal;

const node = (source: string): RunCommand => ({ kind: 'argv', argv: [process.execPath, '-e', source] });
const shell = (line: string): RunCommand => ({ kind: 'shell', line });

async function makeFixture(options: Partial<ProcessRuntimeOptions> = {}): Promise<RuntimeFixture> {
  const root = await mkdtemp(join(tmpdir(), 'mainstay-runtime-'));
  const runs = new Set<string>();
  const directory = join(root, 'runs');
  await mkdir(directory);
  const make = (): ProcessRuntime => new ProcessRuntime({ directory, cgroupName: null, ...options });
  return {
    runtime: make(),
    restarted: make,
    commands: {
      serve: shell('trap "kill $!; exit 0" TERM; echo ready; sleep 600 & wait'),
      stubborn: { kind: 'argv', argv: ['sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 0.1; done'] },
      exit: (code, text) => ({
        kind: 'argv',
        argv: ['sh', '-c', 'echo "$1"; echo "$1" >&2; exit "$2"', 'sh', text, String(code)],
      }),
      detaching: shell(
        '(setsid sh -c \'trap "" TERM; (setsid sh -c "trap \\"\\" TERM; while :; do sleep 0.1; done" &) ; while :; do sleep 0.1; done\' &); sleep 0.3; echo ready; sleep 600',
      ),
      missing: { kind: 'argv', argv: ['no-such-program'] },
    },
    countLeft: (run) => Promise.resolve(countMarked(run)),
    spec(run, command): RunSpec {
      runs.add(run);
      return {
        run,
        command,
        directory: root,
        environment: { PATH: process.env['PATH'] ?? '' },
        limits: { memoryBytes: null, cpus: null },
        keepExit: false,
      };
    },
    async [Symbol.asyncDispose]() {
      const runtime = make();
      for (const run of runs) {
        const handle = await runtime.find(run);
        if (handle !== undefined) await runtime.stop(handle, { signal: 'SIGKILL', graceMs: 0 }, never);
        await runtime.remove(run);
      }
      await rm(root, { recursive: true, force: true });
    },
  };
}

function countMarked(run: string): number {
  return [...readProcessTable().values()].filter(
    (entry) => !entry.zombie && hasVariable(entry.pid, `MAINSTAY_RUN=${run}`),
  ).length;
}

let count = 0;
const nextRun = (): string => {
  count += 1;
  return `process-${process.pid}-${count}`;
};

runtimeSuite('processes', makeFixture);

test('a process that is not executable is refused by name', async () => {
  await using fixture = await makeFixture();
  const spec = fixture.spec(nextRun(), { kind: 'argv', argv: ['./tool'] });
  await writeFile(join(spec.directory, 'tool'), '#!/bin/sh\n', { mode: 0o644 });
  await assert.rejects(fixture.runtime.start(spec, never), (error: unknown) => {
    assert.ok(error instanceof Failure);
    assert.equal(error.code, 'permission-denied');
    return true;
  });
});

test('a script whose interpreter is missing is explained', async () => {
  await using fixture = await makeFixture();
  const spec = fixture.spec(nextRun(), { kind: 'argv', argv: ['./tool'] });
  await writeFile(join(spec.directory, 'tool'), '#!/no/such/interpreter\n');
  await chmod(join(spec.directory, 'tool'), 0o755);
  await assert.rejects(fixture.runtime.start(spec, never), /interpreter that it names is missing/);
  assert.deepEqual(await readdir(join(spec.directory, 'runs')), []);
});

test('a process gets exactly the environment that it is given, and its mark', async () => {
  await using fixture = await makeFixture();
  const spec = fixture.spec(nextRun(), node('console.log(JSON.stringify(Object.keys(process.env).sort()))'));
  const handle = await fixture.runtime.start(
    { ...spec, environment: { ...spec.environment, COLOUR: 'blue' } },
    never,
  );
  let text = '';
  const reader = fixture.runtime.read(handle, (_stream, data) => {
    text += data.toString();
  });
  await fixture.runtime.wait(handle, never);
  reader.finish();
  assert.deepEqual(JSON.parse(text), ['COLOUR', 'MAINSTAY_RUN', 'PATH']);
});

test('output written while nobody reads is there for the next reader, and the writer does not fail', async () => {
  await using fixture = await makeFixture();
  const line = 'process.stdout.write("x".repeat(100)+"\\n");';
  const spec = fixture.spec(nextRun(), node(`for (let i=0;i<300;i++) ${line} setInterval(()=>{},1000)`));
  const handle = await fixture.runtime.start(spec, never);
  await sleep(500);
  let length = 0;
  const reader = fixture.restarted().read(handle, (_stream, data) => {
    length += data.length;
  });
  while (length < 300 * 101) await sleep(5);
  reader.close();
  assert.equal(length, 300 * 101);
});

test('a listening port is attributed to the run, also when a forked process listens', async () => {
  await using fixture = await makeFixture();
  const source =
    "require('net').createServer().listen(0,'127.0.0.1',function(){console.log(this.address().port)})";
  const line = `"${process.execPath}" -e "${source}" & wait`;
  const handle = await fixture.runtime.start(fixture.spec(nextRun(), shell(line)), never);
  let text = '';
  fixture.runtime.read(handle, (_stream, data) => {
    text += data.toString();
  });
  while (!text.includes('\n')) await sleep(5);
  const { listeners } = await fixture.runtime.observe(handle, never);
  assert.deepEqual(listeners(), [{ address: '127.0.0.1', port: Number(text) }]);
  const foreign = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => foreign.once('listening', resolve));
  assert.equal((await fixture.runtime.observe(handle, never)).listeners()?.length, 1);
  foreign.close();
});

const hungry = node('const kept=[];setInterval(()=>kept.push(Buffer.alloc(8e6,1)),10)');

test('a run over its memory limit is ended and the exit says so, where memory is only measured', async () => {
  await using fixture = await makeFixture({ measureMs: 50 });
  const spec = fixture.spec(nextRun(), hungry);
  const limits = { memoryBytes: 150 * 1024 * 1024, cpus: null };
  const handle = await fixture.runtime.start({ ...spec, limits }, never);
  assert.equal((await fixture.runtime.observe(handle, never)).memoryLimit, 'measured');
  assert.deepEqual(await fixture.runtime.wait(handle, never), {
    code: null,
    signal: 'SIGKILL',
    limit: 'memory limit of 150.0 MiB reached',
  });
});

test('a run over its memory limit is ended by the kernel where control groups may be used', async (context) => {
  const cgroupName = `mainstay-test-${process.pid}`;
  await using fixture = await makeFixture({ cgroupName });
  const spec = fixture.spec(nextRun(), hungry);
  const limits = { memoryBytes: 100 * 1024 * 1024, cpus: 0.9 };
  const handle = await fixture.runtime.start({ ...spec, limits }, never);
  const { memoryLimit, warnings } = await fixture.runtime.observe(handle, never);
  if (memoryLimit !== 'cgroup') {
    context.skip('no control group may be written on this machine');
    return;
  }
  assert.deepEqual(warnings, []);
  const { cgroups } = handle.state as { cgroups: { directory: string }[] };
  assert.equal(cgroups.length >= 1, true);
  assert.deepEqual(await fixture.runtime.wait(handle, never), {
    code: null,
    signal: 'SIGKILL',
    limit: 'memory limit of 100.0 MiB reached',
  });
  await fixture.runtime.stop(handle, { signal: 'SIGTERM', graceMs: 0 }, never);
  for (const { directory } of cgroups) assert.equal(existsSync(directory), false);
});
