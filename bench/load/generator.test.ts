import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { askVersion } from '../ask.ts';
import { freePorts } from '../free-ports.ts';
import type { LoadPlan, LoadResult } from './load-plan.ts';
import { startLoad } from './start-load.ts';

/** The real application, reached directly or through something that spoils its answers. */
let port = 0;
let app: ReturnType<typeof spawn> | undefined;

before(async () => {
  [port = 0] = await freePorts(1);
  app = spawn(process.execPath, ['server.js'], {
    cwd: join(import.meta.dirname, '../apps/pulse'),
    env: { PATH: process.env['PATH'], PORT: String(port) },
    stdio: 'ignore',
  });
  while ((await askVersion(port)) === undefined) await sleep(20);
});

after(async () => {
  if (app === undefined) return;
  const ended = once(app, 'exit');
  app.kill('SIGKILL');
  await ended;
});

const mix = {
  host: 'localhost',
  requestsPerSecond: 100,
  slowShare: 0.02,
  slowMs: 200,
  postShare: 0.3,
  webSockets: 3,
  seed: 1,
};

async function loadFor(milliseconds: number, plan: LoadPlan): Promise<LoadResult> {
  await using load = await startLoad(plan);
  await sleep(milliseconds);
  return await load.finish();
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

test('an application that answers everything loses nothing', async () => {
  const result = await loadFor(1500, { ...mix, port });
  assert.deepEqual(
    { lost: result.lost, wrong: result.wrong, cut: result.webSocketsCut, reasons: result.reasons },
    { lost: 0, wrong: 0, cut: 0, reasons: {} },
  );
  assert.ok(result.sent > 100, `${result.sent} requests were sent`);
  assert.ok(result.webSocketMessages > 0, 'WebSockets were heard');
  assert.deepEqual(
    result.versions.map(({ version }) => version),
    [1],
  );
});

test('an answer that belongs to another request is wrong', async () => {
  let held: string | undefined;
  const server = createServer((request, response) => {
    const nonce = new URL(request.url ?? '/', 'http://a').searchParams.get('nonce');
    const answer = held ?? nonce;
    held = nonce ?? undefined;
    request.resume().on('end', () => response.end(JSON.stringify({ nonce: answer, version: 1 })));
  });
  const crossed = await listen(server);
  const result = await loadFor(500, { ...mix, port: crossed, postShare: 0, webSockets: 0 });
  server.close();
  assert.ok(result.wrong > 0);
  assert.deepEqual(Object.keys(result.reasons), ['the answer to another request']);
});

test('refusals, broken answers and error statuses are lost', async () => {
  let count = 0;
  const server = createServer((_request, response) => {
    count += 1;
    if (count % 2 === 0) response.writeHead(502).end();
    else {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{');
      setImmediate(() => response.destroy());
    }
  });
  const broken = await listen(server);
  const result = await loadFor(500, { ...mix, port: broken, postShare: 0, webSockets: 0 });
  server.close();
  server.closeAllConnections();
  assert.equal(result.lost, result.sent);
  assert.equal(result.wrong, 0);
  assert.ok((result.reasons['status 502'] ?? 0) > 0);
});

test('a WebSocket that is reset is cut; one that gets a close frame has moved', async () => {
  const sockets = new Set<ReturnType<typeof connect>>();
  const server = createServer((_request, response) => response.end()).on(
    'upgrade',
    (_request, socket, head) => {
      const upstream = connect(port, '127.0.0.1');
      sockets.add(upstream);
      upstream.write(`GET /live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`);
      upstream.write(`Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`);
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
      socket.on('error', () => upstream.destroy());
      upstream.on('error', () => socket.destroy());
      if (sockets.size === 1) setTimeout(() => socket.destroy(), 300);
      if (sockets.size === 2)
        setTimeout(() => socket.write(Buffer.from([0x88, 2, 1012 >> 8, 1012 & 0xff])), 300);
    },
  );
  const proxy = await listen(server);
  await using load = await startLoad({
    ...mix,
    port: proxy,
    requestsPerSecond: 1,
    slowShare: 0,
    webSockets: 3,
  });
  await sleep(800);
  const result = await load.finish();
  server.close();
  for (const socket of sockets) socket.destroy();
  assert.deepEqual({ cut: result.webSocketsCut, moved: result.webSocketsMoved }, { cut: 1, moved: 1 });
});
