import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { FixtureControl } from '../../tests/support/fixture-control.ts';
import { Failure } from '../core/failure.ts';
import { ControlClient } from './control-client.ts';
import { readLogLines } from './log-lines.ts';
import { remoteExec } from './remote-exec.ts';

const health = { version: '0.1.0', pid: 1, startedAt: 0, home: '/tmp/home' };
const forEver = new AbortController().signal;

test('a call sends its parameters and brings back the document', async () => {
  await using control = await FixtureControl.start({
    operations: ({ query }) => {
      assert.deepEqual(query, { environment: 'shop/staging', limit: 3 });
      return { operations: [] };
    },
  });
  const client = new ControlClient({ socketPath: control.socketPath });
  const answer = await client.call('operations', { query: { environment: 'shop/staging', limit: 3 } });
  assert.deepEqual(answer, { operations: [] });
});

test('a document larger than any buffer on the way arrives whole', async () => {
  const home = 'ü'.repeat(3_000_000);
  await using control = await FixtureControl.start({ health: () => ({ ...health, home }) });
  const client = new ControlClient({ socketPath: control.socketPath });
  assert.equal((await client.call('health', {})).home, home);
});

test('a failure of the server is thrown as that failure', async () => {
  await using control = await FixtureControl.start({
    operation: () => {
      throw new Failure('not-found', 'There is no operation 01x.', {
        hint: 'List them.',
        details: { id: '01x' },
      });
    },
  });
  const client = new ControlClient({ socketPath: control.socketPath });
  await assert.rejects(client.call('operation', { params: { id: '01x' } }), {
    name: 'Failure',
    code: 'not-found',
    message: 'There is no operation 01x.',
    hint: 'List them.',
  });
});

test('where nobody listens the control plane is brought up once and the call made', async () => {
  await using control = await FixtureControl.start({ health: () => health });
  await control.stop();
  let revived = 0;
  const client = new ControlClient({
    socketPath: control.socketPath,
    revive: async () => {
      revived += 1;
      await control.listen();
    },
  });
  assert.equal((await client.call('health', {})).version, '0.1.0');
  assert.equal(revived, 1);
});

test('where nobody listens and nobody helps, the failure says so', async () => {
  const client = new ControlClient({ socketPath: '/nonexistent/control.sock' });
  await assert.rejects(client.call('health', {}), { code: 'control-unreachable', message: /not running/ });
});

test('a server that never answers is given up after the time-out', async () => {
  await using control = await FixtureControl.start({ health: () => new Promise(() => undefined) });
  const client = new ControlClient({ socketPath: control.socketPath, timeoutMs: 50 });
  await assert.rejects(client.call('health', {}), {
    code: 'timeout',
    message: /GET \/v1\/health within 0.05 s/,
  });
});

test('an aborted call ends with the reason of the abort', async () => {
  await using control = await FixtureControl.start({ health: () => new Promise(() => undefined) });
  const client = new ControlClient({ socketPath: control.socketPath });
  const abort = new AbortController();
  const call = client.call('health', {}, abort.signal);
  setImmediate(() => abort.abort(new Error('enough')));
  await assert.rejects(call, { message: 'enough' });
});

for (const [what, answer, expected] of [
  ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n', /is not Mainstay/],
  [
    'an answer that is cut off',
    'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a":',
    /in the middle of its answer/,
  ],
  ['a chunk without a size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', /has no size/],
  ['nothing at all', '', /in the middle of its answer/],
] as const) {
  test(`${what} is a failure in words, not a crash`, async () => {
    await using control = await FixtureControl.start();
    await control.stop();
    const server = createServer((socket) => socket.end(answer)).listen(control.socketPath);
    await once(server, 'listening');
    const client = new ControlClient({ socketPath: control.socketPath });
    await assert.rejects(client.call('health', {}), { code: 'control-unreachable', message: expected });
    server.close();
  });
}

test('log lines come one by one as they are written', async () => {
  const line = { at: 1, source: 'web', instance: 'web.0', release: null, stream: 'out', text: 'hello' };
  await using control = await FixtureControl.start({
    logs: async function* () {
      yield line;
      yield { ...line, text: 'zwei\nZeilen' };
    },
  });
  const client = new ControlClient({ socketPath: control.socketPath });
  const target = { app: 'shop', environment: 'staging' };
  const texts: string[] = [];
  for await (const { text } of readLogLines(client, target, { lines: 5 }, forEver)) texts.push(text);
  assert.deepEqual(texts, ['hello', 'zwei\nZeilen']);
});

test('a command beside an instance gets its input, gives its output and its exit code', async () => {
  await using control = await FixtureControl.start({
    exec: async function* ({ query, body }) {
      assert.deepEqual(JSON.parse(String(query['argv'])), ['wc', '-c']);
      let size = 0;
      for await (const part of body as AsyncIterable<Buffer>) size += part.length;
      yield { stream: 'out', base64: Buffer.from(`${size}\n`).toString('base64') };
      yield { exit: { code: 3, signal: null } };
    },
  });
  const client = new ControlClient({ socketPath: control.socketPath });
  const output: string[] = [];
  const code = await remoteExec(
    client,
    {
      app: 'shop',
      environment: 'staging',
      service: undefined,
      argv: ['wc', '-c'],
      input: (async function* () {
        for (let part = 0; part < 40; part += 1) yield Buffer.alloc(100_000);
      })(),
      onOutput: (stream, bytes) => {
        output.push(`${stream}: ${bytes.toString()}`);
      },
    },
    forEver,
  );
  assert.equal(code, 3);
  assert.deepEqual(output, ['out: 4000000\n']);
});
