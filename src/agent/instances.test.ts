import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import test, { after } from 'node:test';
import { Failure } from '../core/failure.ts';
import { serverSource, TestAgent, testInstance } from './test-agent.ts';

const code =
  (wanted: string) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof Failure, String(error));
    assert.equal(error.code, wanted, error.message);
    return true;
  };

const agent = await TestAgent.start();
after(() => agent[Symbol.asyncDispose]());

let count = 0;
/** Each test has an instance of its own on the one agent. */
const newInstance: typeof testInstance = (release, changes) => {
  count += 1;
  return testInstance(release, { id: `shop.test.web.${count}`, ...changes });
};

async function isGone(id: string): Promise<boolean> {
  const { instances } = await agent.call('observe', { environment: null });
  return !instances.some((instance) => instance.id === id);
}

test('an instance is started, becomes healthy, is seen, and stops without a trace', async () => {
  const release = await agent.release({ 'server.js': serverSource });
  const spec = newInstance(release);
  await agent.startInstance(spec);
  const status = await agent.call('awaitHealthy', { instance: spec.id });
  assert.equal(status.state, 'running');
  assert.equal(status.healthy, true);
  assert.deepEqual(status.warnings, []);
  assert.ok(status.pid !== null && status.port !== null && (status.memoryBytes ?? 0) > 1e6);
  const answer = await fetch(`http://127.0.0.1:${status.port}/x`);
  assert.equal(await answer.text(), 'hello from /x');
  await agent.stopInstance(spec.id);
  await agent.stopInstance(spec.id);
  assert.equal(agent.countProcesses(spec.id), 0);
  assert.equal(await isGone(spec.id), true);
  assert.match(await agent.logText(spec.id), /stopping/);
});

test('starting an instance twice starts it once', async () => {
  const release = await agent.release({ 'server.js': serverSource });
  const spec = newInstance(release);
  const [first, second] = await Promise.all([agent.startInstance(spec), agent.startInstance(spec)]);
  assert.equal(first.pid, second.pid);
  assert.equal((await agent.startInstance(spec)).pid, first.pid);
});

test('an instance that ignores its stop signal and forks children is gone after its grace', async () => {
  const release = await agent.release({
    'run.sh': `trap '' TERM
setsid sh -c 'trap "" TERM; while :; do sleep 0.1; done' &
sleep 0.2; echo up; while :; do sleep 0.1; done`,
  });
  const spec = newInstance(release, {
    command: { kind: 'argv', argv: ['sh', 'run.sh'] },
    port: { mode: 'none' },
    health: null,
    stop: { signal: 'SIGTERM', graceMs: 300 },
  });
  await agent.startInstance(spec);
  await agent.call('awaitHealthy', { instance: spec.id });
  assert.ok(agent.countProcesses(spec.id) >= 2);
  await agent.stopInstance(spec.id);
  assert.equal(agent.countProcesses(spec.id), 0);
});

test('an instance that exits at once is reported with its code and its last words', async () => {
  const release = await agent.release({ 'server.js': 'console.error("no database"); process.exit(4)' });
  const spec = newInstance(release);
  await agent.startInstance(spec);
  await assert.rejects(agent.call('awaitHealthy', { instance: spec.id }), (error: unknown) => {
    code('instance-exited')(error);
    assert.match(String(error), /shop\/test web\.0 exited with code 4 .*no database/s);
    return true;
  });
});

test('an instance that never listens is named as such', async () => {
  const release = await agent.release({ 'server.js': 'setInterval(() => {}, 1000)' });
  const spec = newInstance(release, { health: { path: '/', status: 200, timeoutMs: 500, intervalMs: 100 } });
  await agent.startInstance(spec);
  await assert.rejects(agent.call('awaitHealthy', { instance: spec.id }), (error: unknown) => {
    code('instance-unhealthy')(error);
    assert.match(String(error), /never listened on port \d+ \(\$PORT\)/);
    return true;
  });
});

test('an instance that listens on another port is told which', async () => {
  const release = await agent.release({
    'server.js': `const s=require('http').createServer((q,r)=>r.end()).listen(0,'127.0.0.1',()=>console.log('on',s.address().port))`,
  });
  const spec = newInstance(release, { health: { path: '/', status: 200, timeoutMs: 800, intervalMs: 100 } });
  const { port } = await agent.startInstance(spec);
  await assert.rejects(agent.call('awaitHealthy', { instance: spec.id }), (error: unknown) => {
    code('instance-unhealthy')(error);
    const listened = /on (\d+)/.exec(String(error))?.[1];
    assert.ok(String(error).includes(`it listens on ${listened}, but $PORT was ${port}`), String(error));
    return true;
  });
});

test('an instance whose health URL answers 500 is told so', async () => {
  const release = await agent.release({
    'server.js': `require('http').createServer((q,r)=>{r.statusCode=500;r.end()}).listen(process.env.PORT)`,
  });
  const spec = newInstance(release, {
    health: { path: '/up', status: 200, timeoutMs: 800, intervalMs: 100 },
  });
  await agent.startInstance(spec);
  await assert.rejects(
    agent.call('awaitHealthy', { instance: spec.id }),
    /GET \/up answered 500, wanted 200/,
  );
});

test('a listener on a public address is reported as a warning', async () => {
  const release = await agent.release({
    'server.js': `require('http').createServer((q,r)=>r.end('ok')).listen(process.env.PORT,'0.0.0.0')`,
  });
  const spec = newInstance(release);
  await agent.startInstance(spec);
  const status = await agent.call('awaitHealthy', { instance: spec.id });
  assert.match(status.warnings?.[0] ?? '', /listens on 0\.0\.0\.0:\d+, which other machines may reach/);
});

test('a fixed port that is held by another process is refused, naming the process', async () => {
  const release = await agent.release({ 'server.js': serverSource });
  const foreign = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => foreign.once('listening', resolve));
  const { port } = foreign.address() as { port: number };
  const spec = newInstance(release, { port: { mode: 'fixed', port, env: 'PORT' } });
  await assert.rejects(agent.startInstance(spec), (error: unknown) => {
    code('port-taken')(error);
    assert.ok(String(error).includes(`(pid ${process.pid})`), String(error));
    return true;
  });
  foreign.close();
  assert.equal(await isGone(spec.id), true);
});

test('a program that is not there is refused by name, and nothing is left', async () => {
  const release = await agent.release({ 'server.js': serverSource });
  const spec = newInstance(release, { command: { kind: 'argv', argv: ['gunicorn-9'] } });
  await assert.rejects(agent.startInstance(spec), (error: unknown) => {
    code('command-not-found')(error);
    assert.match(String(error), /gunicorn-9/);
    return true;
  });
  assert.equal(await isGone(spec.id), true);
});

test('an instance that keeps failing before it was ever healthy ends in a crash loop', async () => {
  const release = await agent.release({ 'server.js': 'process.exit(1)' });
  const spec = newInstance(release, { restart: { policy: 'always', maxDelayMs: 400 } });
  await agent.startInstance(spec);
  await agent.until(async () => (await agent.status(spec.id)).state === 'crash-loop');
  assert.ok((await agent.status(spec.id)).restarts >= 4);
});
