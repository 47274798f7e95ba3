import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { Application } from '../harness/deployed-application.ts';
import { freePort } from '../harness/free-port.ts';
import { startMainstay } from '../harness/mainstay.ts';
import { assertExit } from '../harness/run-command.ts';
import { assertSettled, lastOperation } from '../harness/settled-state.ts';
import { Visitor } from '../harness/visitor.ts';

const held = async (port: number) => {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
};

test('a service on a fixed port that another process holds fails, naming port and process; later it works', async () => {
  await using mainstay = await startMainstay();
  const application = new Application(mainstay, 'fixed');
  const port = await freePort();
  const web = { port, health: { path: '/health', timeout: '1s' } };
  {
    await using _other = await held(port);
    const ended = await application.deploy('live', { version: 'v1', web });
    assertExit(ended, 3);
    const { failure } = await lastOperation(mainstay, 'fixed/live');
    assert.equal(failure?.code, 'port-taken', failure?.message);
    assert.match(failure?.message ?? '', new RegExp(`port ${port} is held by \\S+ \\(pid ${process.pid}\\)`));
    assert.ok(failure?.hint);
  }
  assertExit(await application.run(['deploy', 'live']), 0);
  await assertSettled(mainstay, application, 'live', { version: 'v1' });
});

test('a service on a fixed port is replaced while its visitors wait, and put back when the new one is bad', async () => {
  await using mainstay = await startMainstay();
  const application = new Application(mainstay, 'single');
  const web = { port: await freePort() };
  assertExit(await application.deploy('live', { version: 'v1', web }), 0);
  const visitor = new Visitor(mainstay.httpPort, application.domain('live'), 20);
  assertExit(await application.deploy('live', { version: 'v2', web }), 0);
  await assertSettled(mainstay, application, 'live', { version: 'v2' });
  assertExit(await application.deploy('live', { version: 'bad', fault: 'never-healthy', web }), 4);
  await assertSettled(mainstay, application, 'live', { version: 'v2' });
  assertExit(await application.deploy('live', { version: 'bad', fault: 'exits-at-once', web }), 4);
  await assertSettled(mainstay, application, 'live', { version: 'v2' });
  const visits = await visitor.stop();
  assert.deepEqual([...new Set(visits.map(({ result }) => result))], ['200']);
});

test('a port of the ingress that another process holds is named, with its process', async () => {
  await using mainstay = await startMainstay();
  const application = new Application(mainstay, 'shut');
  {
    await using _other = await held(mainstay.httpPort);
    const ended = await application.deploy('live', { version: 'v1' });
    assert.notEqual(ended.code, 0);
    const text = ended.stdout + ended.stderr;
    assert.match(text, new RegExp(`${mainstay.httpPort} is held by \\S+ \\(pid ${process.pid}\\)`));
  }
  assertExit(await application.run(['deploy', 'live']), 0);
  await assertSettled(mainstay, application, 'live', { version: 'v1' });
});
