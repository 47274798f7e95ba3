import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import test from 'node:test';
import { Failure } from '../core/failure.ts';
import { serverSource, TestAgent, testInstance } from './test-agent.ts';

const code =
  (wanted: string) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof Failure, String(error));
    assert.equal(error.code, wanted, error.message);
    return true;
  };

test('an instance is started, becomes healthy, is seen, and stops without a trace', async () => {
  await using agent = await TestAgent.start();
  const release = await agent.release({ 'server.js': serverSource });
  const spec = testInstance(release);
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
  assert.deepEqual((await agent.call('observe', { environment: null })).instances, []);
  assert.match(await agent.logText(spec.id), /stopping/);
});

test('starting an instance twice starts it once', async () => {
  await using agent = await TestAgent.start();
  const release = await agent.release({ 'server.js': serverSource });
  const spec = testInstance(release);
  const [first, second] = await Promise.all([agent.startInstance(spec), agent.startInstance(spec)]);
  assert.equal(first.pid, second.pid);
  assert.equal((await agent.startInstance(spec)).pid, first.pid);
});

test('instances and ingress live through a kill -9 of the agent, which takes them up again', async () => {
  await using agent = await TestAgent.start();
  const release = await agent.release({ 'server.js': serverSource });
  const spec = testInstance(release);
  await agent.startInstance(spec);
  const before = await agent.call('awaitHealthy', { instance: spec.id });
  await agent.call('setRoutes', { fence: 1, environment: spec.environment, routes: [route([spec.id])] });
  const { ingress } = await agent.call('observe', { environment: null });
  assert.ok(ingress);
  assert.equal(await viaIngress(ingress.httpPort, '/pid'), String(before.pid));
  await agent.kill();
  assert.equal(await viaIngress(ingress.httpPort, '/pid'), String(before.pid));
  // Nobody but the guardian starts the agent again here.
  await agent.untilAnswers();
  const after = await agent.status(spec.id);
  assert.equal(after.pid, before.pid);
  assert.equal(after.restarts, 0);
  assert.equal(after.state, 'running');
  const later = (await agent.call('observe', { environment: null })).ingress;
  assert.equal(later?.pid, ingress.pid);
});

test('an instance that ends is started again, and the routes follow it', async () => {
  await using agent = await TestAgent.start();
  const release = await agent.release({ 'server.js': serverSource });
  const spec = testInstance(release);
  await agent.startInstance(spec);
  const before = await agent.call('awaitHealthy', { instance: spec.id });
  await agent.call('setRoutes', { fence: 1, environment: spec.environment, routes: [route([spec.id])] });
  const { ingress } = await agent.call('observe', { environment: null });
  await fetch(`http://127.0.0.1:${before.port}/exit`).catch(() => undefined);
  await agent.until(async () => (await agent.status(spec.id)).restarts === 1);
  const pid = await viaIngress(ingress?.httpPort ?? 0, '/pid');
  assert.notEqual(pid, String(before.pid));
  const after = await agent.call('awaitHealthy', { instance: spec.id });
  assert.equal(pid, String(after.pid));
  assert.equal(after.lastExit?.reason, 'exited with code 3');
});

test('an instance that ignores its stop signal and forks children is gone after its grace', async () => {
  await using agent = await TestAgent.start();
  const release = await agent.release({
    'run.sh': `trap '' TERM
setsid sh -c 'trap "" TERM; while :; do sleep 0.1; done' &
sleep 0.2; echo up; while :; do sleep 0.1; done`,
  });
  const spec = testInstance(release, {
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
  await using agent = await TestAgent.start();
  const release = await agent.release({ 'server.js': 'console.error("no database"); process.exit(4)' });
  const spec = testInstance(release);
  await agent.startInstance(spec);
  await assert.rejects(agent.call('awaitHealthy', { instance: spec.id }), (error: unknown) => {
    code('instance-exited')(error);
    assert.match(String(error), /shop\/test web\.0 exited with code 4 .*no database/s);
    return true;
  });
});

test('an instance that never listens is named as such', async () => {
  await using agent = await TestAgent.start();
  const release = await agent.release({ 'server.js': 'setInterval(() => {}, 1000)' });
  const spec = testInstance(release, { health: { path: '/', status: 200, timeoutMs: 500, intervalMs: 100 } });
  await agent.startInstance(spec);
  await assert.rejects(agent.call('awaitHealthy', { instance: spec.id }), (error: unknown) => {
    code('instance-unhealthy')(error);
    assert.match(String(error), /never listened on port \d+ \(\$PORT\)/);
    return true;
  });
});

test('an instance that listens on another port is told which', async () => {
  await using agent = await TestAgent.start();
  const release = await agent.release({
    'server.js': `const s=require('http').createServer((q,r)=>r.end()).listen(0,'127.0.0.1',()=>console.log('on',s.address().port))`,
  });
  const spec = testInstance(release, { health: { path: '/', status: 200, timeoutMs: 800, intervalMs: 100 } });
  const { port } = await agent.startInstance(spec);
  await assert.rejects(agent.call('awaitHealthy', { instance: spec.id }), (error: unknown) => {
    code('instance-unhealthy')(error);
    const listened = /on (\d+)/.exec(String(error))?.[1];
    assert.ok(String(error).includes(`it listens on ${listened}, but $PORT was ${port}`), String(error));
    return true;
  });
});

test('an instance whose health URL answers 500 is told so', async () => {
  await using agent = await TestAgent.start();
  const release = await agent.release({
    'server.js': `require('http').createServer((q,r)=>{r.statusCode=500;r.end()}).listen(process.env.PORT)`,
  });
  const spec = testInstance(release, {
    health: { path: '/up', status: 200, timeoutMs: 800, intervalMs: 100 },
  });
  await agent.startInstance(spec);
  await assert.rejects(
    agent.call('awaitHealthy', { instance: spec.id }),
    /GET \/up answered 500, wanted 200/,
  );
});

test('a listener on a public address is reported as a warning', async () => {
  await using agent = await TestAgent.start();
  const release = await agent.release({
    'server.js': `require('http').createServer((q,r)=>r.end('ok')).listen(process.env.PORT,'0.0.0.0')`,
  });
  const spec = testInstance(release);
  await agent.startInstance(spec);
  const status = await agent.call('awaitHealthy', { instance: spec.id });
  assert.match(status.warnings?.[0] ?? '', /listens on 0\.0\.0\.0:\d+, which other machines may reach/);
});

test('a fixed port that is held by another process is refused, naming the process', async () => {
  await using agent = await TestAgent.start();
  const release = await agent.release({ 'server.js': serverSource });
  const foreign = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => foreign.once('listening', resolve));
  const { port } = foreign.address() as { port: number };
  const spec = testInstance(release, { port: { mode: 'fixed', port, env: 'PORT' } });
  await assert.rejects(agent.startInstance(spec), (error: unknown) => {
    code('port-taken')(error);
    assert.ok(String(error).includes(`(pid ${process.pid})`), String(error));
    return true;
  });
  foreign.close();
  assert.deepEqual((await agent.call('observe', { environment: null })).instances, []);
});

test('a program that is not there is refused by name, and nothing is left', async () => {
  await using agent = await TestAgent.start();
  const release = await agent.release({ 'server.js': serverSource });
  const spec = testInstance(release, { command: { kind: 'argv', argv: ['gunicorn-9'] } });
  await assert.rejects(agent.startInstance(spec), (error: unknown) => {
    code('command-not-found')(error);
    assert.match(String(error), /gunicorn-9/);
    return true;
  });
  assert.deepEqual((await agent.call('observe', { environment: null })).instances, []);
});

test('an instance that keeps failing before it was ever healthy ends in a crash loop', async () => {
  await using agent = await TestAgent.start();
  const release = await agent.release({ 'server.js': 'process.exit(1)' });
  const spec = testInstance(release, { restart: { policy: 'always', maxDelayMs: 400 } });
  await agent.startInstance(spec);
  await agent.until(async () => (await agent.status(spec.id)).state === 'crash-loop');
  assert.ok((await agent.status(spec.id)).restarts >= 4);
});

test('a call under a lease that was taken over is refused, also after a restart of the agent', async () => {
  await using agent = await TestAgent.start();
  const environment = 'shop/test';
  await agent.call('setRoutes', { fence: 7, environment, routes: [] });
  await assert.rejects(agent.call('setRoutes', { fence: 6, environment, routes: [] }), code('lease-lost'));
  await agent.kill();
  await agent.untilAnswers();
  await assert.rejects(agent.call('setRoutes', { fence: 6, environment, routes: [] }), code('lease-lost'));
  await agent.call('setRoutes', { fence: 7, environment, routes: [] });
});

function route(instances: string[]) {
  return {
    id: 'shop/test/web/',
    service: 'web',
    hosts: ['shop.localhost'],
    pathPrefix: '/',
    instances,
    tls: { mode: 'off' as const },
    health: null,
    holdMs: 5000,
    maintenance: null,
  };
}

async function viaIngress(port: number, path: string): Promise<string> {
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    request(
      { host: '127.0.0.1', port, path, headers: { host: 'shop.localhost' }, agent: false },
      (response) => {
        let text = '';
        response.on('data', (data: Buffer) => (text += data.toString()));
        response.on('end', () => resolve(text));
      },
    )
      .on('error', reject)
      .end();
  });
}
