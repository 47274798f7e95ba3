import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { millis } from '../../src/core/units.ts';
import { RawClient } from '../../src/ingress/conformance/raw-client.ts';
import { testRoute } from '../../src/ingress/conformance/test-route.ts';
import { startRawUpstream } from '../../src/ingress/conformance/test-upstream.ts';
import { TestIngress } from '../../src/ingress/embedded/test-ingress.ts';
import { readWithNode } from './node-parser.ts';
import { Random, randomRequests, randomResponse } from './random-heads.ts';

/** Connections to try; each carries up to three requests. */
const wanted = Number(process.env['MAINSTAY_FUZZ_CONNECTIONS'] ?? 4000);
const seed = Number(process.env['MAINSTAY_FUZZ_SEED'] ?? 1);
const atOnce = 8;
/** How long a connection may take to end; none should come near. */
const patienceMs = 20_000;

const limits = { maxBodyBytes: 1e6, headTimeoutMs: 300, bodyIdleTimeoutMs: 300, responseTimeoutMs: 5000 };
const hosts = ['a', 'a.b-c_d', '[::1]'];

async function inParallel(count: number, one: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      await one(index);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** Sends bytes in random pieces and waits for the other side to end. */
async function sendInPieces(port: number, data: Buffer, random: Random): Promise<string> {
  using client = await RawClient.connect(port);
  for (let at = 0; at < data.length; ) {
    const end = Math.min(data.length, at + 1 + random.below(random.chance(0.3) ? 8 : 400));
    client.socket.write(data.subarray(at, end));
    at = end;
    if (random.chance(0.3)) await new Promise<void>((resolve) => setImmediate(resolve));
  }
  const ended = await Promise.race([client.untilEnd(), sleep(patienceMs, undefined, { ref: false })]);
  if (ended === undefined)
    assert.fail(`the connection did not end after ${JSON.stringify(data.toString('latin1'))}`);
  return client.received;
}

test(`${wanted} connections with random requests reach a strict server as sound requests or not at all`, async () => {
  const broken: string[] = [];
  let reached = 0;
  const server = createServer({ insecureHTTPParser: false }, (request, response) => {
    request.resume();
    request.on('end', () => {
      reached += 1;
      response.end('ok');
    });
  });
  server.on('checkContinue', (request, response) => {
    response.writeContinue();
    server.emit('request', request, response);
  });
  server.on('upgrade', (_request, socket: Socket) =>
    socket.end('HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n'),
  );
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // A client that gave up in the middle of a body is cut off in the middle here, too.
    if (error.code?.startsWith('HPE_') === true && error.code !== 'HPE_INVALID_EOF_STATE')
      broken.push(error.message);
    socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await using under = await TestIngress.start();
  await under.routes(testRoute([port], { hosts, limits, holdMs: 500 }));
  const random = new Random(seed);
  let answered = 0;
  await inParallel(wanted, async () => {
    // Whatever the random part leaves open, this ends the connection.
    const data = Buffer.concat([
      randomRequests(random),
      Buffer.from('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
    ]);
    const received = await sendInPieces(under.http.port, data, random);
    if (received.startsWith('HTTP/1.1 ')) answered += 1;
  });
  assert.deepEqual(broken, []);
  assert.ok(answered > wanted * 0.95, `${answered} of ${wanted} connections got an answer`);
  assert.ok(reached > wanted * 0.3, `${reached} requests reached the server`);
  assert.equal((await under.ingress.status(under.signal)).pid, under.pid);
  await settled(under);
  server.closeAllConnections();
  server.close();
});

test(`${wanted} random answers of an application reach clients sound, as 502, or visibly broken off`, async () => {
  const random = new Random(seed + 1);
  await using upstream = await startRawUpstream((socket) => {
    socket.on('data', () => {
      const data = randomResponse(random);
      const cut = random.below(data.length + 1);
      socket.write(data.subarray(0, cut));
      setImmediate(() => socket.end(data.subarray(cut)));
    });
  });
  await using under = await TestIngress.start();
  await under.routes(testRoute([upstream.port], { hosts, limits, holdMs: 500 }));
  await inParallel(wanted, async () => {
    using client = await RawClient.connect(under.http.port);
    client.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    await client.untilEnd();
    const { messages } = readWithNode('response', Buffer.from(client.received, 'latin1'));
    const final = messages.find(({ status }) => status >= 200);
    const detail = JSON.stringify(client.received);
    if (client.error === undefined)
      assert.equal(final?.complete, true, `an answer that looks whole is not: ${detail}`);
    assert.ok(final === undefined || final.status < 1000, detail);
  });
  await settled(under);
});

/** Nothing may be left in flight once every client is gone. */
async function settled(under: TestIngress): Promise<void> {
  const result = await under.ingress.drain(['web-1'], millis(5000), under.signal);
  assert.deepEqual(result, { drained: true, requests: 0, webSockets: 0 });
  for (const { inFlight, webSockets } of await under.ingress.stats(under.signal)) {
    assert.equal(inFlight, 0);
    assert.equal(webSockets, 0);
  }
}
