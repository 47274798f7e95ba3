import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { millis } from '../../core/units.ts';
import { RawClient } from '../conformance/raw-client.ts';
import { testRoute } from '../conformance/test-route.ts';
import { startRawUpstream } from '../conformance/test-upstream.ts';
import { TestIngress } from './test-ingress.ts';

let under: TestIngress;
before(async () => {
  under = await TestIngress.start();
});
after(() => under[Symbol.asyncDispose]());

const upgrade = 'GET /live HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const switched = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

/** An application whose side of each WebSocket the test plays itself. */
async function startLive(more = '') {
  const sockets: Socket[] = [];
  const received: string[] = [];
  const upstream = await startRawUpstream((socket) => {
    const index = sockets.push(socket) - 1;
    received.push('');
    socket.once('data', () => {
      socket.write(switched + more, 'latin1');
      socket.on('data', (chunk: Buffer) => {
        received[index] += chunk.toString('latin1');
      });
    });
  });
  await under.routes(testRoute([upstream.port]));
  return { ...upstream, sockets, received };
}

async function open(): Promise<RawClient> {
  const client = await RawClient.connect(under.http.port);
  client.send(upgrade);
  await client.until(/\r\n\r\n/);
  return client;
}

test('what an application says right behind its upgrade reaches the client', async () => {
  await using live = await startLive('\x81\x02hi');
  using client = await open();
  await client.until(/\r\n\r\n\x81\x02hi$/);
  assert.equal(live.sockets.length, 1);
});

test('a close frame waits for the end of the frame that is on its way, in both directions', async () => {
  await using live = await startLive();
  using client = await open();
  live.sockets[0]?.write('\x82\x08half', 'latin1');
  client.send('\x82\x88\x00\x00\x00\x00half');
  await client.until(/half$/);
  while (!live.received[0]?.endsWith('half')) await sleep(5);
  const draining = under.ingress.drain(['web-1'], millis(1000), under.signal);
  await sleep(600);
  assert.match(client.received, /half$/);
  assert.match(live.received[0] ?? '', /half$/);
  live.sockets[0]?.write('rest\x81\x02no', 'latin1');
  client.send('rest\x82\x80\x00\x00\x00\x00');
  await client.until(/halfrest\x88[\x02-\x7d]\x03\xf4[^]*$/);
  while (!/halfrest\x88/.test(live.received[0] ?? '')) await sleep(5);
  assert.doesNotMatch(client.received, /no/);
  // Masked, as frames to a server must be.
  assert.ok(((live.received[0] ?? '').split('halfrest\x88')[1] ?? '').charCodeAt(0) & 0x80);
  client.socket.end();
  assert.deepEqual(await draining, { drained: true, requests: 0, webSockets: 0 });
});

test('a WebSocket that does not close is cut soon after it was told to', async () => {
  await using live = await startLive();
  using client = await open();
  assert.deepEqual(await under.ingress.drain(['web-1'], millis(200), under.signal), {
    drained: false,
    requests: 0,
    webSockets: 1,
  });
  await client.untilEnd();
  assert.equal(live.sockets.length, 1);
});

test('when either side of a WebSocket goes, the other hears of it, and nothing is counted any more', async () => {
  await using live = await startLive();
  const first = await open();
  const second = await open();
  first.socket.resetAndDestroy();
  second.send('\x81\x80\x00\x00\x00\x00');
  const [one, two] = live.sockets;
  assert.ok(one && two);
  await once(one, 'close');
  two.destroy();
  await second.untilEnd();
  second.socket.destroy();
  for (;;) {
    const stats = await under.ingress.stats(under.signal);
    if (stats.every(({ webSockets, inFlight }) => webSockets === 0 && inFlight === 0)) return;
    await sleep(10);
  }
});

test('a client that ends its side of a WebSocket is heard by the application, and the other way round', async () => {
  await using live = await startLive();
  using client = await open();
  client.socket.end();
  const [socket] = live.sockets;
  assert.ok(socket);
  await once(socket, 'end');
  await client.untilEnd();
});

test('a slow reader of a WebSocket holds the writer back', async () => {
  await using live = await startLive();
  using client = await open();
  client.socket.pause();
  const [socket] = live.sockets;
  assert.ok(socket);
  const block = Buffer.concat([Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 4, 0, 0]), Buffer.alloc(262_144, 1)]);
  let written = 0;
  const more = (): void => {
    while (written < 400) {
      written += 1;
      if (!socket.write(block)) return;
    }
  };
  socket.on('drain', more);
  more();
  let seen = -1;
  while (seen !== written) {
    seen = written;
    await sleep(200);
  }
  assert.ok(written < 200, `${written} of 400 frames were taken`);
  client.socket.destroy();
});
