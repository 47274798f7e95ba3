import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { Failure } from '../../core/failure.ts';
import { ListeningSocket } from './listening-socket.ts';

test('a bound socket does not accept, and names its free port', async () => {
  using socket = ListeningSocket.bind('127.0.0.1', 0);
  assert.ok(socket.port > 0);
  assert.ok(socket.fd > 2);
  const [error] = (await once(connect(socket.port, '127.0.0.1'), 'error')) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ECONNREFUSED');
});

test('a port that another process listens on is reported as taken', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  assert.throws(
    () => ListeningSocket.bind('127.0.0.1', port),
    (error) =>
      error instanceof Failure && error.code === 'port-taken' && error.message.includes(String(port)),
  );
  server.close();
});

test('an address that is not of this machine is reported', () => {
  assert.throws(
    () => ListeningSocket.bind('192.0.2.1', 0),
    (error) => error instanceof Failure && error.code === 'config-invalid',
  );
});
