import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { RawClient, rawExchange } from '../conformance/raw-client.ts';
import { testRoute } from '../conformance/test-route.ts';
import { startApplication, startRawUpstream } from '../conformance/test-upstream.ts';
import { TestIngress } from './test-ingress.ts';

let under: TestIngress;
before(async () => {
  under = await TestIngress.start();
});
after(() => under[Symbol.asyncDispose]());

const limits = testRoute([]).limits;
const get = (path = '/', more = ''): string => `GET ${path} HTTP/1.1\r\nHost: app.test\r\n${more}\r\n`;
const closing = 'Connection: close\r\n';

/** An upstream that answers every request with what `answer` says and keeps what it received. */
async function recording(answer: string | ((socket: Socket, count: number) => void)) {
  let received = '';
  let connections = 0;
  const upstream = await startRawUpstream((socket) => {
    connections += 1;
    let count = 0;
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      count += 1;
      if (typeof answer === 'string') socket.write(answer, 'latin1');
      else answer(socket, count);
    });
  });
  return {
    ...upstream,
    get received() {
      return received;
    },
    get connections() {
      return connections;
    },
  };
}

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

test('pipelined requests are answered in order, whatever their pace', async () => {
  await using application = await startApplication((request, response) => {
    const slow = request.url === '/1' || request.url === '/3';
    setTimeout(() => response.end(`<${request.url}>`), slow ? 40 : 0);
  });
  await under.routes(testRoute([application.port]));
  const paths = ['/1', '/2', '/3', '/4'];
  const requests = paths.map((path) => get(path, path === '/4' ? closing : '')).join('');
  const answer = await rawExchange(under.http.port, requests);
  assert.deepEqual(answer.match(/<[^>]*>/g), ['</1>', '</2>', '</3>', '</4>']);
});

test('a body between two pipelined requests is not taken for a request', async () => {
  await using application = await startApplication((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => response.end(`<${request.method} ${request.url} ${body.length}>`));
  });
  await under.routes(testRoute([application.port]));
  const inner = get('/inner');
  const answer = await rawExchange(
    under.http.port,
    `POST /a HTTP/1.1\r\nHost: app.test\r\nContent-Length: ${inner.length}\r\n\r\n${inner}` +
      `POST /b HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n` +
      get('/c', closing),
  );
  assert.deepEqual(answer.match(/<[^>]*>/g), [
    `<POST /a ${inner.length}>`,
    `<POST /b ${inner.length}>`,
    '<GET /c 0>',
  ]);
});

const smuggling: readonly (readonly [name: string, text: string])[] = [
  ['CL.TE', 'Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG'],
  ['TE.CL', 'Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n'],
  ['TE.TE with a second coding', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n'],
  ['TE.TE with a space', 'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n'],
  ['CL.CL', 'Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello'],
  ['a folded coding', 'Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n'],
  ['a bare line feed', 'X: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['a second Host', 'Host: other.test\r\nContent-Length: 0\r\n\r\n'],
];

for (const [name, rest] of smuggling) {
  test(`a request that tries to smuggle by ${name} gets 400 and reaches nobody`, async () => {
    await using upstream = await recording(ok);
    await under.routes(testRoute([upstream.port]));
    const answer = await rawExchange(
      under.http.port,
      `POST / HTTP/1.1\r\nHost: app.test\r\n${rest}${get('/smuggled')}`,
    );
    assert.match(answer, /^HTTP\/1\.1 400 /);
    assert.match(answer, /connection: close/);
    assert.equal(answer.match(/HTTP\/1\.1 /g)?.length, 1);
    assert.equal(upstream.received, '');
  });
}

test('broken chunks end the request before anything after them is believed', async () => {
  await using upstream = await recording(() => undefined);
  await under.routes(testRoute([upstream.port]));
  const answer = await rawExchange(
    under.http.port,
    `POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n${get('/smuggled')}`,
  );
  assert.match(answer, /^HTTP\/1\.1 400 /);
  assert.doesNotMatch(upstream.received, /smuggled/);
});

test('what follows an upgrade that is refused is a request of its own, checked like any other', async () => {
  await using upstream = await recording(ok);
  await under.routes(testRoute([upstream.port]));
  const upgrade = get('/ws', 'Connection: upgrade\r\nUpgrade: websocket\r\n');
  const answer = await rawExchange(under.http.port, `${upgrade}GET /next HTTP/1.1\r\nX-No-Host: 1\r\n\r\n`);
  assert.match(answer, /^HTTP\/1\.1 200 [^]*HTTP\/1\.1 400 /);
  assert.doesNotMatch(upstream.received, /next/);
});

test('100-continue is asked of the application, and the body follows its answer', async () => {
  await using application = await startApplication((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => response.end(`got ${body}`));
  });
  await under.routes(testRoute([application.port]));
  using client = await RawClient.connect(under.http.port);
  client.send(
    'POST / HTTP/1.1\r\nHost: app.test\r\nExpect: 100-continue\r\nContent-Length: 4\r\nConnection: close\r\n\r\n',
  );
  await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n/);
  client.send('body');
  assert.match(await client.untilEnd(), /HTTP\/1\.1 200 OK[^]*got body$/);
});

test('other interim answers are passed on', async () => {
  await using upstream = await recording(`HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n${ok}`);
  await under.routes(testRoute([upstream.port]));
  const answer = await rawExchange(under.http.port, get('/', closing));
  assert.match(answer, /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>\r\n\r\nHTTP\/1\.1 200 OK/);
});

test('a body that says it is too large is refused at once', async () => {
  await using upstream = await recording(ok);
  await under.routes(testRoute([upstream.port], { limits: { ...limits, maxBodyBytes: 10 } }));
  const answer = await rawExchange(
    under.http.port,
    'POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 11\r\n\r\n',
  );
  assert.match(answer, /^HTTP\/1\.1 413 /);
  assert.equal(upstream.received, '');
});

test('a chunked body is refused when it becomes too large', async () => {
  await using upstream = await recording(() => undefined);
  await under.routes(testRoute([upstream.port], { limits: { ...limits, maxBodyBytes: 10 } }));
  const answer = await rawExchange(
    under.http.port,
    'POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n01234567\r\n8\r\n01234567\r\n',
  );
  assert.match(answer, /^HTTP\/1\.1 413 /);
});

test('a head that is too large gets 431', async () => {
  const answer = await rawExchange(under.http.port, get('/', `X: ${'y'.repeat(20_000)}\r\n`));
  assert.match(answer, /^HTTP\/1\.1 431 /);
});

test('a head that does not arrive in time gets 408', async () => {
  await under.routes(testRoute([], { limits: { ...limits, headTimeoutMs: 100 } }));
  assert.match(await rawExchange(under.http.port, 'GET / HTTP/1.1\r\nHost:'), /^HTTP\/1\.1 408 /);
});

test('a body that stops arriving gets 408', async () => {
  await using upstream = await recording(() => undefined);
  await under.routes(testRoute([upstream.port], { limits: { ...limits, bodyIdleTimeoutMs: 100 } }));
  const answer = await rawExchange(
    under.http.port,
    'POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 5\r\n\r\nab',
  );
  assert.match(answer, /^HTTP\/1\.1 408 /);
});

test('an application that does not answer in time gives 504', async () => {
  await using upstream = await recording(() => undefined);
  await under.routes(testRoute([upstream.port], { limits: { ...limits, responseTimeoutMs: 100 } }));
  assert.match(await rawExchange(under.http.port, get('/', closing)), /^HTTP\/1\.1 504 /);
});

const badAnswers: readonly (readonly [name: string, text: string])[] = [
  ['is not HTTP', 'hello\r\n\r\n'],
  [
    'frames its body twice',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['folds a line', 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nok'],
  [
    'switches protocols unasked',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n',
  ],
];

for (const [name, text] of badAnswers) {
  test(`an application whose answer ${name} gives 502`, async () => {
    await using upstream = await recording(text);
    await under.routes(testRoute([upstream.port]));
    assert.match(
      await rawExchange(under.http.port, get('/', closing)),
      /^HTTP\/1\.1 502 [^]*request [0-9a-f]/,
    );
  });
}

test('an HTTP/1.0 client gets bodies without chunks and may keep its connection', async () => {
  await using application = await startApplication((request, response) => {
    if (request.url === '/chunks') response.write('part one, ');
    response.end('the end');
  });
  await under.routes(testRoute([application.port]));
  const answer = await rawExchange(
    under.http.port,
    'GET / HTTP/1.0\r\nHost: app.test\r\nConnection: keep-alive\r\n\r\nGET /chunks HTTP/1.0\r\nHost: app.test\r\n\r\n',
  );
  assert.match(
    answer,
    /connection: keep-alive[^]*the end[^]*connection: close[^]*\r\n\r\npart one, the end$/,
  );
});

test('a body that ends with its connection is passed on in chunks', async () => {
  await using upstream = await recording((socket) =>
    socket.end('HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nhello'),
  );
  await under.routes(testRoute([upstream.port]));
  const answer = await rawExchange(under.http.port, get() + get('/', closing));
  assert.equal(answer.match(/transfer-encoding: chunked[^]*?\r\n\r\n5\r\nhello\r\n0\r\n\r\n/g)?.length, 2);
});

test('answers without body end with their head', async () => {
  await using application = await startApplication((request, response) => {
    response.statusCode = request.url === '/304' ? 304 : request.url === '/204' ? 204 : 200;
    response.setHeader('etag', '"x"');
    response.end(request.method === 'HEAD' ? undefined : 'body');
  });
  await under.routes(testRoute([application.port]));
  const answer = await rawExchange(
    under.http.port,
    `${get('/304')}${get('/204')}HEAD / HTTP/1.1\r\nHost: app.test\r\n\r\n${get('/200', closing)}`,
  );
  assert.deepEqual(answer.match(/^HTTP\/1\.1 \d+/gm), [
    'HTTP/1.1 304',
    'HTTP/1.1 204',
    'HTTP/1.1 200',
    'HTTP/1.1 200',
  ]);
  assert.match(answer, /body$/);
  assert.equal(answer.match(/body/g)?.length, 1);
});

test('an answer that breaks off does not look finished', async () => {
  for (const text of [
    'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
  ]) {
    await using upstream = await recording((socket) => socket.end(text));
    await under.routes(testRoute([upstream.port]));
    using client = await RawClient.connect(under.http.port);
    client.send(get());
    const answer = await client.untilEnd();
    assert.doesNotMatch(answer, /\r\n0\r\n\r\n$/);
    assert.equal(client.error?.code, 'ECONNRESET');
  }
});

test('a kept connection that the application has closed does not lose a request', async () => {
  await using upstream = await recording((socket, count) => {
    // The second request on a connection finds it closed, without a word.
    if (count === 1) socket.write(ok);
    else socket.destroy();
  });
  await under.routes(testRoute([upstream.port]));
  for (let count = 0; count < 5; count += 1) {
    assert.match(await rawExchange(under.http.port, get('/', closing)), /^HTTP\/1\.1 200 /);
  }
});

test('a POST does not go out on a connection that has been idle for long', async () => {
  await using upstream = await recording(ok);
  await under.routes(testRoute([upstream.port]));
  assert.match(await rawExchange(under.http.port, get('/', closing)), / 200 /);
  await sleep(400);
  await rawExchange(
    under.http.port,
    'POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx',
  );
  assert.equal(upstream.connections, 2);
});

test('a POST that was sent and got no answer is not sent again', async () => {
  await using upstream = await recording((socket) => socket.destroy());
  await under.routes(testRoute([upstream.port]));
  const answer = await rawExchange(
    under.http.port,
    'POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx',
  );
  assert.match(answer, /^HTTP\/1\.1 502 /);
  assert.equal(upstream.connections, 1);
});

test('requests with bodies wait for an instance that does not listen yet, and lose nothing', async () => {
  const placeholder = await startRawUpstream(() => undefined);
  const { port } = placeholder;
  await placeholder.stop();
  await under.routes(testRoute([port], { holdMs: 30_000 }));
  using client = await RawClient.connect(under.http.port);
  const body = 'x'.repeat(200_000);
  client.send(
    `POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
  while ((await under.ingress.status(under.signal)).down.length === 0) await sleep(10);
  await using application = await startApplication((request, response) => {
    let size = 0;
    request.on('data', (chunk: Buffer) => (size += chunk.length));
    request.on('end', () => response.end(`got ${size}`));
  }, port);
  assert.equal(application.port, port);
  assert.match(await client.untilEnd(), /got 200000$/);
});

test('an application sees that a client has gone', async () => {
  const closed: Promise<unknown>[] = [];
  await using upstream = await startRawUpstream((socket) => {
    socket.resume();
    closed.push(once(socket, 'close'));
  });
  await under.routes(testRoute([upstream.port]));
  using client = await RawClient.connect(under.http.port);
  client.send(get());
  while (closed.length === 0) await sleep(5);
  client.socket.resetAndDestroy();
  await closed[0];
});

test('a client that has ended its side still gets its answers', async () => {
  await using application = await startApplication((request, response) => {
    setTimeout(() => response.end(`<${request.url}>`), 30);
  });
  await under.routes(testRoute([application.port]));
  using client = await RawClient.connect(under.http.port);
  client.send(get('/1') + get('/2'));
  client.socket.end();
  assert.deepEqual((await client.untilEnd()).match(/<[^>]*>/g), ['</1>', '</2>']);
});

test('an answer before the end of the body reaches the client, and the connection is not used again', async () => {
  await using upstream = await recording('HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno');
  await under.routes(testRoute([upstream.port]));
  using client = await RawClient.connect(under.http.port);
  client.send('POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 100000\r\n\r\nabc');
  const answer = await client.untilEnd();
  assert.match(answer, /^HTTP\/1\.1 401 [^]*connection: close[^]*no$/);
});

test('a client that does not read slows the application down', async () => {
  let written = 0;
  await using upstream = await startRawUpstream((socket) => {
    socket.once('data', () => {
      const block = Buffer.alloc(256 * 1024, 'x');
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${400 * block.length}\r\n\r\n`);
      const more = (): void => {
        while (written < 400) {
          written += 1;
          if (!socket.write(block)) return;
        }
      };
      socket.on('drain', more);
      more();
    });
  });
  await under.routes(testRoute([upstream.port]));
  using client = await RawClient.connect(under.http.port);
  client.socket.pause();
  client.send(get('/', closing));
  let before = -1;
  while (written !== before || written === 0) {
    before = written;
    await sleep(200);
  }
  assert.ok(written < 200, `${written} of 400 blocks were taken from the application`);
  client.socket.setEncoding();
  let size = 0;
  client.socket.on('data', (chunk: Buffer | string) => (size += chunk.length));
  client.socket.resume();
  await once(client.socket, 'end');
  assert.ok(size > 400 * 256 * 1024);
});

test('an application that does not read slows the client down', async () => {
  const sockets: Socket[] = [];
  await using upstream = await startRawUpstream((socket) => {
    socket.pause();
    sockets.push(socket);
  });
  await under.routes(
    testRoute([upstream.port], { limits: { ...limits, maxBodyBytes: 1e9, responseTimeoutMs: 60_000 } }),
  );
  using client = await RawClient.connect(under.http.port);
  const block = 'x'.repeat(256 * 1024);
  client.send(`POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: ${400 * block.length}\r\n\r\n`);
  let sent = 0;
  const more = (): void => {
    while (sent < 400) {
      sent += 1;
      if (!client.socket.write(block)) return;
    }
  };
  client.socket.on('drain', more);
  more();
  let before = -1;
  while (sent !== before || sockets.length === 0) {
    before = sent;
    await sleep(200);
  }
  assert.ok(sent < 200, `${sent} of 400 blocks were taken from the client`);
  let size = 0;
  const [socket] = sockets;
  assert.ok(socket);
  socket.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > 400 * block.length) socket.write(ok);
  });
  socket.resume();
  await client.until(/ok$/);
});

test('a stream of events ends when its client goes', async () => {
  const open: ServerResponse[] = [];
  await using application = await startApplication((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: one\n\n');
    open.push(response);
  });
  await under.routes(testRoute([application.port]));
  using client = await RawClient.connect(under.http.port);
  client.send(get());
  await client.until(/data: one/);
  client.socket.end();
  await once(open[0] as ServerResponse, 'close');
});

test('a sane request id is kept, and each answer carries one', async () => {
  await using application = await startApplication((request, response) =>
    response.end(`<${String(request.headers['x-request-id'])}>`),
  );
  await under.routes(testRoute([application.port]));
  assert.match(
    await rawExchange(under.http.port, get('/', `X-Request-Id: abc-1.2:3\r\n${closing}`)),
    /x-request-id: abc-1\.2:3[^]*<abc-1\.2:3>$/,
  );
  const made = await rawExchange(under.http.port, get('/', `X-Request-Id: "forged" line\r\n${closing}`));
  assert.match(made, /x-request-id: ([0-9a-f]{12}-[0-9a-z]+)\r\n[^]*<\1>$/);
});

test('the access log has a line for each request, without queries', async () => {
  await using application = await startApplication((_request, response) => response.end('hello'));
  await under.routes(testRoute([application.port]));
  await rawExchange(under.http.port, get('/logged"\\?secret=1', `X-Request-Id: log-1\r\n${closing}`));
  for (;;) {
    const lines = (await readFile(join(under.directory, 'access.log'), 'latin1').catch(() => '')).split('\n');
    const line = lines.find((text) => text.includes('"log-1"'));
    if (line === undefined) {
      await sleep(50);
      continue;
    }
    const entry = JSON.parse(line) as Record<string, unknown>;
    assert.match(String(entry['time']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.equal(typeof entry['ms'], 'number');
    const { time, ms, ...rest } = entry;
    assert.deepEqual(rest, {
      id: 'log-1',
      method: 'GET',
      path: '/logged"\\',
      status: 200,
      bytes: 5,
      environment: 'app/test',
      service: 'web',
      instance: 'web-1',
      release: 'r1',
      client: '127.0.0.1',
    });
    break;
  }
});

test('a stream of events that begins after its client has gone is ended', async () => {
  const open: ServerResponse[] = [];
  await using application = await startApplication((_request, response) => open.push(response));
  await under.routes(testRoute([application.port]));
  using client = await RawClient.connect(under.http.port);
  client.send(get());
  client.socket.end();
  while (open.length === 0) await sleep(5);
  const [response] = open;
  assert.ok(response);
  await sleep(20);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write('data: one\n\n');
  await once(response, 'close');
});

test('an instance that was taken out while it was down is held for up when it comes back', async () => {
  const placeholder = await startRawUpstream(() => undefined);
  const { port } = placeholder;
  await placeholder.stop();
  await under.routes(testRoute([port], { holdMs: 10 }));
  assert.match(await rawExchange(under.http.port, get('/', closing)), / 503 /);
  await under.routes(testRoute([]));
  await using application = await startApplication((_request, response) => response.end('back'), port);
  await under.routes(testRoute([application.port]));
  assert.match(await rawExchange(under.http.port, get('/', closing)), /back$/);
});

test('a health path that a later table adds is polled', async () => {
  await using application = await startApplication((request, response) => {
    response.statusCode = request.url === '/up' ? 500 : 200;
    response.end();
  });
  await under.routes(testRoute([application.port]));
  await under.routes(
    testRoute([application.port], { health: { path: '/up', intervalMs: 10, timeoutMs: 1000 } }),
  );
  while ((await under.ingress.status(under.signal)).down.length === 0) await sleep(10);
});

test('X-Forwarded fields of a trusted proxy are believed', async () => {
  await using trusting = await TestIngress.start({ trustedProxies: ['10.0.0.0/8', '127.0.0.1'] });
  await using application = await startApplication((request, response) =>
    response.end(JSON.stringify(request.headers)),
  );
  await trusting.routes(testRoute([application.port]));
  const fields =
    'X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.test\r\n';
  const answer = await rawExchange(trusting.http.port, get('/', fields + closing));
  const headers = JSON.parse(answer.slice(answer.indexOf('{'))) as Record<string, string>;
  assert.equal(headers['x-forwarded-for'], '198.51.100.1, 127.0.0.1');
  assert.equal(headers['x-forwarded-proto'], 'https');
  assert.equal(headers['x-forwarded-host'], 'shop.test');
});

/** Ends the first connections with what they sent unread, as a dying process does; answers the rest. */
async function unreadAtFirst(count: number) {
  let connections = 0;
  const bodies: string[] = [];
  const take = (socket: Socket): void => {
    connections += 1;
    if (connections <= count) {
      setTimeout(() => socket.destroy(), 50);
      return;
    }
    socket.on('data', (chunk: Buffer) => {
      bodies.push(chunk.toString('latin1').split('\r\n\r\n')[1] ?? '');
      socket.write(ok);
    });
    socket.resume();
  };
  const upstream = await startRawUpstream(take, 0, true);
  return {
    ...upstream,
    bodies,
    get connections() {
      return connections;
    },
  };
}

test('a small POST that a dying application has not read goes to the next one', async () => {
  await using upstream = await unreadAtFirst(2);
  await under.routes(testRoute([upstream.port]));
  const answer = await rawExchange(
    under.http.port,
    'POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello',
  );
  assert.match(answer, /^HTTP\/1\.1 200 /);
  assert.deepEqual(upstream.bodies, ['hello']);
});

test('a large POST is never sent twice, since a part of it may have been read', async () => {
  await using upstream = await unreadAtFirst(1);
  await under.routes(testRoute([upstream.port]));
  const body = 'x'.repeat(8000);
  const answer = await rawExchange(
    under.http.port,
    `POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
  assert.match(answer, /^HTTP\/1\.1 502 /);
  assert.equal(upstream.connections, 1);
});

test('a POST whose body came later than its head is never sent twice', async () => {
  await using upstream = await unreadAtFirst(1);
  await under.routes(testRoute([upstream.port]));
  using client = await RawClient.connect(under.http.port);
  client.send('POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 5\r\nConnection: close\r\n\r\n');
  while (upstream.connections === 0) await sleep(5);
  await sleep(20);
  client.send('hello');
  assert.match(await client.untilEnd(), /^HTTP\/1\.1 502 /);
  assert.equal(upstream.connections, 1);
});

test('a whole POST of a client that has ended its side is answered, though it has to wait', async () => {
  await under.routes(testRoute([], { holdMs: 30_000 }));
  using client = await RawClient.connect(under.http.port);
  client.socket.end('POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 5\r\n\r\nhello');
  await sleep(50);
  await using upstream = await recording(ok);
  await under.routes(testRoute([upstream.port], { holdMs: 30_000 }));
  assert.match(await client.untilEnd(), /^HTTP\/1\.1 200 [^]*ok$/);
  assert.match(upstream.received, /hello$/);
});

test('a POST that its client breaks off is broken off for the application', async () => {
  const ends: Promise<unknown>[] = [];
  await using upstream = await startRawUpstream((socket) => {
    socket.resume();
    ends.push(once(socket, 'close'));
  });
  await under.routes(testRoute([upstream.port]));
  using client = await RawClient.connect(under.http.port);
  client.socket.end('POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 500\r\n\r\nhello');
  await client.untilEnd();
  while (ends.length === 0) await sleep(5);
  await ends[0];
  assert.doesNotMatch(client.received, / 200 /);
});

test('a last answer reaches a client that takes it late', async () => {
  const size = 30 * 1024 * 1024;
  await using application = await startApplication((_request, response) =>
    response.end(Buffer.alloc(size, 'x')),
  );
  await under.routes(testRoute([application.port]));
  using client = await RawClient.connect(under.http.port);
  client.socket.pause();
  client.send(get('/', closing));
  // Longer than a connection lingers after its last answer.
  await sleep(3000);
  client.socket.resume();
  assert.ok((await client.untilEnd()).length > size);
  assert.equal(client.error, undefined);
});
