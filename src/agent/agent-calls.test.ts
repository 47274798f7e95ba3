import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import test, { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../core/failure.ts';
import { LocalHost } from '../hosts/local/local-host.ts';
import { serverSource, TestAgent, testEnvironment, testInstance, testRoute, testTask } from './test-agent.ts';

const agent = await TestAgent.start();
after(() => agent[Symbol.asyncDispose]());
const never = new AbortController().signal;
const fails =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof Failure && error.code === code;

test('a task tells its end, its exit code and the last lines that it printed, without secrets', async () => {
  const spec = testTask(null, 'echo "token is $TOKEN"; echo second >&2; exit 3', {
    id: 'tell',
    secrets: { TOKEN: 'very-secret-token' },
  });
  await agent.call('startTask', { fence: 1, spec });
  const status = await agent.call('awaitTask', { task: 'tell', waitMs: 20_000 });
  assert.equal(status.state, 'failed');
  assert.equal(status.exitCode, 3);
  assert.deepEqual(status.tail.sort(), ['second', 'token is [secret]']);
  assert.equal((await agent.logText('tell')).includes('very-secret-token'), false);
  const stored = await readFile(join(agent.home.agentState, 'tasks', 'tell.json'), 'utf8');
  assert.equal(stored.includes('very-secret-token'), false);
});

test('a task of one id runs once, however often it is started', async () => {
  const spec = testTask(null, 'echo ran >> once', { id: 'once' });
  await Promise.all([1, 2, 3].map(() => agent.call('startTask', { fence: 1, spec })));
  await agent.call('awaitTask', { task: 'once', waitMs: 20_000 });
  assert.equal((await agent.call('startTask', { fence: 1, spec })).state, 'succeeded');
  assert.equal(await agent.environmentFile('once'), 'ran\n');
});

test('a task that takes too long is ended with everything that it started, and says why', async () => {
  const line = 'sleep 600 & (setsid sleep 600 &); sleep 600';
  await agent.call('startTask', { fence: 1, spec: testTask(null, line, { id: 'slow', timeoutMs: 300 }) });
  const status = await agent.call('awaitTask', { task: 'slow', waitMs: 30_000 });
  assert.equal(status.state, 'failed');
  assert.match(status.reason ?? '', /it took longer than 300ms/);
  assert.equal(agent.countProcesses('slow'), 0);
});

test('waiting for a task ends after the time that was asked for, and a task can be stopped', async () => {
  await agent.call('startTask', { fence: 1, spec: testTask(null, 'sleep 600', { id: 'stoppable' }) });
  assert.equal((await agent.call('awaitTask', { task: 'stoppable', waitMs: 20 })).state, 'running');
  const status = await agent.call('stopTask', { task: 'stoppable' });
  assert.deepEqual([status.state, status.reason], ['failed', 'it was stopped']);
  assert.equal((await agent.call('awaitTask', { task: 'nobody', waitMs: 20 })).state, 'unknown');
});

test('a task whose program is missing is refused, and can be started once the program is there', async () => {
  const release = await agent.release({ 'file.txt': 'x' });
  const command = { kind: 'argv' as const, argv: ['./migrate'] };
  const spec = testTask(release, '', { id: 'missing', command });
  await assert.rejects(agent.call('startTask', { fence: 1, spec }), fails('command-not-found'));
  await writeFile(join(agent.home.releases, release, 'migrate'), '#!/bin/sh\necho ok\n', { mode: 0o755 });
  await agent.call('startTask', { fence: 1, spec });
  assert.equal((await agent.call('awaitTask', { task: 'missing', waitMs: 20_000 })).state, 'succeeded');
});

test('data lies in the directory of the environment, and its variables tell where', async () => {
  const spec = testTask(
    null,
    'echo "$DB"; echo "$FILES"; test -d "$FILES" && echo x > "$DB"; echo "$HOST $PORT"',
    {
      id: 'data',
      data: [
        { name: 'db', type: 'sqlite', path: 'sub/app.db', env: 'DB' },
        { name: 'files', type: 'files', path: 'uploads', env: 'FILES' },
      ],
    },
  );
  await agent.call('startTask', { fence: 1, spec });
  const { tail } = await agent.call('awaitTask', { task: 'data', waitMs: 20_000 });
  const root = join(agent.home.environments, testEnvironment, 'data');
  assert.deepEqual(tail, [join(root, 'sub/app.db'), join(root, 'uploads'), '127.0.0.1 ']);
  const { data } = await agent.call('observe', { environment: testEnvironment });
  assert.deepEqual(
    data.map(({ name, bytes }) => [name, name === 'db' ? bytes : 0]),
    [
      ['db', 2],
      ['files', 0],
    ],
  );
});

test('a data path that leads out of the environment is refused', async () => {
  const data = [{ name: 'db', type: 'sqlite' as const, path: '../../x', env: 'DB' }];
  const spec = testTask(null, 'true', { id: 'out', data });
  await assert.rejects(agent.call('startTask', { fence: 1, spec }), fails('usage-invalid'));
});

test('a command beside an instance has its release, its variables and its standard input', async () => {
  const release = await agent.release({ 'server.js': serverSource });
  const spec = testInstance(release, { id: 'exec', variables: { COLOUR: 'blue' } });
  await agent.startInstance(spec);
  await agent.call('awaitHealthy', { instance: 'exec' });
  const argv = ['sh', '-c', 'cat; echo "$COLOUR"; ls; echo oops >&2; exit 9'];
  const input = Readable.from([Buffer.from('typed\n'), Buffer.from('more\n')]);
  const frames = await execFrames(['exec', argv], input);
  assert.equal(frames.out, 'typed\nmore\nblue\nserver.js\n');
  assert.equal(frames.err, 'oops\n');
  assert.equal(frames.exit, 9);
  await assert.rejects(execFrames(['nobody', argv], Readable.from([])), fails('not-found'));
});

test('a command beside an instance may answer before its input has ended, and ends with its caller', async () => {
  const stop = new AbortController();
  async function* endless(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('first\n');
    await sleep(60_000, undefined, { signal: stop.signal }).catch(() => undefined);
  }
  const output = await agent.host.exec({ instance: 'exec', argv: ['cat'] }, endless(), stop.signal);
  const first = await output[Symbol.asyncIterator]().next();
  assert.match(Buffer.from(first.value as Uint8Array).toString(), /base64/);
  stop.abort(new Error('gone'));
  await agent.until(async () => agent.countProcesses('exec') === 1);
});

async function execFrames([instance, argv]: [string, string[]], input: AsyncIterable<Uint8Array>) {
  const frames = { out: '', err: '', exit: -1 };
  let text = '';
  for await (const chunk of await agent.host.exec({ instance, argv }, input, never)) {
    text += Buffer.from(chunk).toString();
  }
  for (const line of text.trim().split('\n')) {
    const frame = JSON.parse(line) as { stream?: 'out' | 'err'; base64?: string; exit?: number };
    if (frame.stream !== undefined)
      frames[frame.stream] += Buffer.from(frame.base64 ?? '', 'base64').toString();
    if (frame.exit !== undefined) frames.exit = frame.exit;
  }
  return frames;
}

test('logs end by themselves, or follow what comes without losing or repeating a line', async () => {
  const line =
    'for i in $(seq 1 300); do echo "n $i"; done; sleep 0.2; for i in $(seq 301 600); do echo "n $i"; done';
  await agent.call('startTask', {
    fence: 1,
    spec: testTask(null, line, { id: 'chatty', title: 'job chatty' }),
  });
  const stop = new AbortController();
  const query = { environment: testEnvironment, service: 'job chatty', lines: 1000, follow: true };
  const followed: string[] = [];
  for await (const { text } of agent.host.logs(query, stop.signal)) {
    if (text.startsWith('n ')) followed.push(text);
    if (text === 'n 600') break;
  }
  assert.deepEqual(
    followed,
    Array.from({ length: 600 }, (_, index) => `n ${index + 1}`),
  );
  await agent.call('awaitTask', { task: 'chatty', waitMs: 10_000 });
  const past: string[] = [];
  for await (const { text } of agent.host.logs({ ...query, lines: 3, follow: false }, never)) past.push(text);
  assert.deepEqual(past, ['n 598', 'n 599', 'n 600']);
});

test('checks ask an instance, and the environment as the public sees it', async () => {
  const release = await agent.release({ 'server.js': serverSource });
  const spec = testInstance(release, { id: 'checked' });
  await agent.startInstance(spec);
  await agent.call('awaitHealthy', { instance: 'checked' });
  await agent.call('setRoutes', { fence: 1, environment: testEnvironment, routes: [testRoute(['checked'])] });
  const check = (changes: object) =>
    agent.call('runCheck', {
      environment: testEnvironment,
      name: 'home',
      timeoutMs: 5000,
      target: { kind: 'instance', instance: 'checked' },
      http: { path: '/', status: 200, contains: 'hello' },
      command: null,
      ...changes,
    });
  const passed = await check({});
  assert.equal(passed.passed, true, passed.reason);
  assert.match(passed.reason, /^200 in \d+ ms$/);
  const open = { kind: 'public', host: 'shop.localhost', tls: false };
  assert.equal((await check({ target: open })).passed, true);
  assert.match(
    (await check({ http: { path: '/', status: 200, contains: 'absent' } })).reason,
    /does not contain "absent"/,
  );
  assert.match(
    (await check({ http: { path: '/', status: 404, contains: null } })).reason,
    /answered 200, wanted 404/,
  );
  const line = 'echo asking "$MAINSTAY_URL"; exit 1';
  const command = await check({
    http: null,
    command: testTask(release, line, { id: 'check.1' }),
    target: open,
  });
  assert.equal(command.passed, false);
  assert.match(command.reason, /exited with code 1: asking http:\/\/shop\.localhost:\d+/);
});

test('an instance over its memory limit is ended, started again, and the status says why', async () => {
  const source = `require('node:http').createServer((q, r) => r.end()).listen(process.env.PORT, process.env.HOST);
const kept = []; setInterval(() => kept.push(Buffer.alloc(8e6, 1)), 20);`;
  const release = await agent.release({ 'server.js': source });
  const limits = { memoryBytes: 160 * 1024 * 1024, cpus: null };
  await agent.startInstance(testInstance(release, { id: 'hungry', limits }));
  await agent.until(async () => (await agent.status('hungry')).restarts > 0);
  const status = await agent.status('hungry');
  assert.equal(status.memoryLimit, 'measured');
  assert.equal(status.lastExit?.reason, 'was killed: memory limit of 160.0 MiB reached');
  await agent.stopInstance('hungry');
});

test('blobs are verified as they arrive', async () => {
  const content = randomBytes(300_000);
  const digest = createHash('sha256').update(content).digest('hex');
  const host = (): LocalHost =>
    new LocalHost({
      name: 'far',
      socketPath: agent.home.agentSocket,
      blobs: {
        sizeOf: () => Promise.resolve(content.length),
        open: () => Readable.from([content.subarray(0, 7), content.subarray(7)]),
      },
    });
  const other = createHash('sha256').update('other').digest('hex');
  assert.deepEqual((await agent.call('missingBlobs', { digests: [digest, other] })).missing, [digest, other]);
  assert.deepEqual(await host().sendBlobs([digest], never), { blobs: 1, bytes: 300_000 });
  await assert.rejects(host().sendBlobs([other], never), fails('state-corrupt'));
  assert.deepEqual((await agent.call('missingBlobs', { digests: [digest, other] })).missing, [other]);
});

test('a call that does not fit the contract is refused with the reason', async () => {
  const call = agent.host.call('startInstance', { fence: 1, spec: { id: 'x' } } as never, never);
  await assert.rejects(call, (error: unknown) => {
    assert.ok(fails('usage-invalid')(error));
    assert.match(String(error), /release/);
    return true;
  });
});

test('an agent that is not there is reported as a host that cannot be reached', async () => {
  const blobs = { sizeOf: () => Promise.resolve(undefined), open: () => Readable.from([]) };
  const host = new LocalHost({ name: 'web-2', socketPath: join(agent.home.root, 'nobody.sock'), blobs });
  await assert.rejects(host.call('observe', { environment: null }, never), (error: unknown) => {
    assert.ok(error instanceof Failure && error.code === 'host-unreachable' && error.retryable);
    assert.match(error.message, /web-2/);
    return true;
  });
});

test('releases that something runs from are not removed', async () => {
  const used = await agent.release({ 'server.js': serverSource });
  const unused = await agent.release({ 'server.js': '// old' });
  const result = await agent.call('removeReleases', { releases: [used, unused] });
  assert.deepEqual(result, { removed: [unused], inUse: [used] });
  assert.equal((await agent.call('observe', { environment: null })).releases.includes(unused), false);
});

test('an environment that is removed keeps its data and logs unless told otherwise, and nothing else', async () => {
  const environment = 'shop/gone';
  const release = await agent.release({ 'server.js': serverSource });
  const data = [{ name: 'files', type: 'files' as const, path: 'uploads', env: 'UPLOADS' }];
  const spec = testInstance(release, { id: 'gone', environment, data });
  await agent.call('startInstance', { fence: 1, spec });
  await agent.call('awaitHealthy', { instance: 'gone' });
  const routes = [testRoute(['gone'], { hosts: ['gone.localhost'], id: 'shop/gone/web/' })];
  await agent.call('setRoutes', { fence: 1, environment, routes });
  const uploads = join(agent.home.environments, environment, 'data', 'uploads');
  await writeFile(join(uploads, 'a.txt'), 'precious');
  assert.equal((await agent.visit('/', 'gone.localhost')).status, 200);
  const kept = await agent.call('removeEnvironment', { fence: 1, environment, data: 'keep' });
  assert.deepEqual(kept, { dataDirectory: join(agent.home.environments, environment, 'data'), bytes: 8 });
  assert.equal(await readFile(join(uploads, 'a.txt'), 'utf8'), 'precious');
  assert.equal((await agent.visit('/', 'gone.localhost')).status, 404);
  assert.equal(agent.countProcesses('gone'), 0);
  await access(join(agent.home.environments, environment, 'logs', 'gone.log'));
  await agent.call('removeEnvironment', { fence: 1, environment, data: 'destroy' });
  await assert.rejects(access(join(agent.home.environments, environment)));
});

test('a directory that is not known to belong to the environment is not removed', async () => {
  const environment = 'shop/foreign';
  const directory = join(agent.home.environments, environment);
  await mkdir(join(directory, 'data'), { recursive: true });
  await writeFile(join(directory, 'data', 'a.txt'), 'not ours');
  const removal = agent.call('removeEnvironment', { fence: 1, environment, data: 'destroy' });
  await assert.rejects(removal, fails('conflict'));
  assert.equal(await readFile(join(directory, 'data', 'a.txt'), 'utf8'), 'not ours');
});

test('a second agent on the same home is refused, naming the first', async () => {
  const { spawn } = await import('node:child_process');
  const main = new URL('test-agent-main.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [main, agent.home.root], { stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr.on('data', (data: Buffer) => (text += data.toString()));
  await once(child, 'exit');
  assert.match(text, new RegExp(`pid ${await agent.pid()} already runs it`));
});

test('a port of the ingress that another process took is named to whoever needs the routes', async () => {
  await using other = await TestAgent.start();
  await other.until(async () => (await other.call('observe', { environment: null })).ingress !== null);
  const { ingress } = await other.call('observe', { environment: null });
  await other.call('shutdown', { instances: 'keep' });
  await other.untilEnded();
  const thief = createServer().listen(ingress?.httpPort, '127.0.0.1');
  await once(thief, 'listening');
  await other.launch();
  const routes = other.call('setRoutes', { fence: 1, environment: testEnvironment, routes: [] });
  await assert.rejects(routes, (error: unknown) => {
    assert.ok(fails('port-taken')(error), String(error));
    assert.ok(String(error).includes(`(pid ${process.pid})`), String(error));
    return true;
  });
  thief.close();
  // Given back, it is taken again without anybody's help.
  await other.until(async () => (await other.call('observe', { environment: null })).ingress !== null);
  assert.equal((await other.call('observe', { environment: null })).ingress?.httpPort, ingress?.httpPort);
});
