import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../core/failure.ts';
import { millis } from '../../core/units.ts';
import type { Ingress, Route } from '../ingress.ts';
import { RawClient, rawExchange } from './raw-client.ts';
import { testRoute } from './test-route.ts';
import type { TestUpstream } from './test-upstream.ts';
import { startApplication } from './test-upstream.ts';

/** A running ingress of its own for one test. */
export interface IngressUnderTest extends AsyncDisposable {
  readonly ingress: Ingress;
  readonly httpPort: number;
}

const get = (path = '/', host = 'app.test'): string =>
  `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

const upgrade =
  'GET /live HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n';

async function saying(text: string): Promise<TestUpstream> {
  return await startApplication((_request, response) => response.end(text));
}

/** What the cases have in common. */
interface Conformance {
  readonly signal: AbortSignal;
  readonly start: () => Promise<IngressUnderTest>;
  /** Applies these routes as a table that is newer than any before. */
  readonly apply: (under: IngressUnderTest, ...routes: readonly Route[]) => Promise<void>;
}

function routingCases({ start, apply, signal }: Conformance): void {
  test('requests go to the route of their host and longest path prefix; others get 404', async () => {
    await using under = await start();
    await using root = await saying('root');
    await using shop = await saying('shop');
    await apply(
      under,
      testRoute([root.port]),
      testRoute([shop.port], {
        id: 'shop',
        pathPrefix: '/shop',
        upstreams: [{ instance: 'shop-1', port: shop.port, release: 'r1' }],
      }),
    );
    assert.match(await rawExchange(under.httpPort, get()), /^HTTP\/1\.1 200 [^]*root$/);
    assert.match(await rawExchange(under.httpPort, get('/shop/x', 'APP.TEST:8080')), /shop$/);
    assert.match(await rawExchange(under.httpPort, get('/shopping')), /root$/);
    assert.match(await rawExchange(under.httpPort, get('/', 'other.test')), /^HTTP\/1\.1 404 /);
  });

  test('applying a table sends new requests to the new release while old ones finish', async () => {
    await using under = await start();
    const waiting: ServerResponse[] = [];
    await using old = await startApplication((_request, response) => waiting.push(response));
    await using next = await saying('new');
    await apply(under, testRoute([old.port]));
    using client = await RawClient.connect(under.httpPort);
    client.send(get());
    while (waiting.length === 0) await sleep(5);
    await apply(under, testRoute([], { upstreams: [{ instance: 'web-9', port: next.port, release: 'r2' }] }));
    assert.match(await rawExchange(under.httpPort, get()), /new$/);
    waiting[0]?.end('old');
    assert.match(await client.untilEnd(), /old$/);
  });

  test('an older table is refused and changes nothing; the same one again is fine', async () => {
    await using under = await start();
    await using application = await saying('here');
    const table = { generation: 1_000_000, routes: [testRoute([application.port])] };
    await under.ingress.apply(table, signal);
    await under.ingress.apply(table, signal);
    await assert.rejects(
      under.ingress.apply({ generation: 999_999, routes: [] }, signal),
      (error) => error instanceof Failure && error.code === 'conflict',
    );
    assert.match(await rawExchange(under.httpPort, get()), /here$/);
    assert.equal((await under.ingress.status(signal)).generation, 1_000_000);
  });
}

function forwardingCases({ start, apply }: Conformance): void {
  test('the application learns who asks and how, and clients cannot forge it', async () => {
    await using under = await start();
    await using application = await startApplication((request, response) =>
      response.end(JSON.stringify(request.headers)),
    );
    await apply(under, testRoute([application.port]));
    const answer = await rawExchange(
      under.httpPort,
      'GET / HTTP/1.1\r\nHost: app.test\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n',
    );
    const headers = JSON.parse(answer.slice(answer.indexOf('{'))) as Record<string, string>;
    assert.equal(headers['x-forwarded-for'], '127.0.0.1');
    assert.equal(headers['x-forwarded-proto'], 'http');
    assert.equal(headers['x-forwarded-host'], 'app.test');
    assert.equal(headers['host'], 'app.test');
  });

  test('bodies stream in both directions while both are still open', async () => {
    await using under = await start();
    await using application = await startApplication((request, response) => {
      response.flushHeaders();
      request.on('data', (chunk: Buffer) => response.write(`got ${chunk.length};`));
      request.on('end', () => response.end('done'));
    });
    await apply(under, testRoute([application.port]));
    using client = await RawClient.connect(under.httpPort);
    client.send('POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
    await client.until(/got 3;/);
    client.send('5\r\nabcde\r\n');
    await client.until(/got 5;/);
    client.send('0\r\n\r\n');
    await client.until(/done/);
  });

  test('server-sent events arrive one by one', async () => {
    await using under = await start();
    const open: ServerResponse[] = [];
    await using application = await startApplication((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: one\n\n');
      open.push(response);
    });
    await apply(under, testRoute([application.port]));
    using client = await RawClient.connect(under.httpPort);
    client.send(get());
    await client.until(/data: one/);
    open[0]?.write('data: two\n\n');
    await client.until(/data: two/);
  });

  test('WebSockets are passed on, both ways', async () => {
    await using under = await start();
    await using application = await saying('');
    await apply(under, testRoute([application.port]));
    using client = await RawClient.connect(under.httpPort);
    client.send(upgrade);
    await client.until(/^HTTP\/1\.1 101 [^]*\r\n\r\n/);
    client.send('\x82\x83\x01\x02\x03\x04abc');
    await client.until(/\x82\x83\x01\x02\x03\x04abc$/);
  });
}

function holdingCases({ start, apply, signal }: Conformance): void {
  test('a request waits for an instance within the bound and is answered when one comes', async () => {
    await using under = await start();
    await using application = await saying('at last');
    await apply(under, testRoute([], { holdMs: 30_000 }));
    using client = await RawClient.connect(under.httpPort);
    client.send('POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc');
    await sleep(50);
    await apply(under, testRoute([application.port], { holdMs: 30_000 }));
    assert.match(await client.untilEnd(), /^HTTP\/1\.1 200 [^]*at last$/);
  });

  test('a request that waited for the whole bound gets 503', async () => {
    await using under = await start();
    await apply(under, testRoute([], { holdMs: 50 }));
    assert.match(await rawExchange(under.httpPort, get()), /^HTTP\/1\.1 503 /);
  });

  test('maintenance answers with a page while the health path still reaches the application', async () => {
    await using under = await start();
    await using application = await saying('well');
    const health = { path: '/up', intervalMs: 1000, timeoutMs: 1000 };
    await apply(under, testRoute([application.port], { health, maintenance: { message: 'Moving <house>' } }));
    const page = await rawExchange(under.httpPort, get());
    assert.match(page, /^HTTP\/1\.1 503 /);
    assert.match(page, /retry-after: /i);
    assert.match(page, /Moving &#60;house&#62;/);
    assert.match(await rawExchange(under.httpPort, get('/up')), /well$/);
  });

  test('an instance that fails its health polls gets no new requests until it recovers', async () => {
    await using under = await start();
    let well = true;
    await using first = await startApplication((request, response) => {
      response.statusCode = request.url === '/up' && !well ? 500 : 200;
      response.end('first');
    });
    await using second = await saying('second');
    await apply(
      under,
      testRoute([first.port, second.port], { health: { path: '/up', intervalMs: 20, timeoutMs: 1000 } }),
    );
    well = false;
    for (;;) {
      const [down] = (await under.ingress.status(signal)).down;
      if (down === undefined) await sleep(10);
      else {
        assert.equal(down.instance, 'web-1');
        assert.match(down.reason, /500/);
        break;
      }
    }
    for (let count = 0; count < 6; count += 1)
      assert.match(await rawExchange(under.httpPort, get()), /second$/);
    well = true;
    while ((await under.ingress.status(signal)).down.length > 0) await sleep(10);
    const answers = new Set<string>();
    while (answers.size < 2)
      answers.add((await rawExchange(under.httpPort, get())).split('\r\n').at(-1) ?? '');
  });
}

function drainingCases({ start, apply, signal }: Conformance): void {
  test('draining waits until the requests on an instance have ended', async () => {
    await using under = await start();
    const waiting: ServerResponse[] = [];
    await using application = await startApplication((_request, response) => waiting.push(response));
    await apply(under, testRoute([application.port]));
    using client = await RawClient.connect(under.httpPort);
    client.send(get());
    while (waiting.length === 0) await sleep(5);
    await apply(under, testRoute([]));
    const draining = under.ingress.drain(['web-1'], millis(60_000), signal);
    const first = await Promise.race([draining.then(() => 'drained'), sleep(150).then(() => 'waiting')]);
    assert.equal(first, 'waiting');
    waiting[0]?.end('finished');
    assert.deepEqual(await draining, { drained: true, requests: 0, webSockets: 0 });
    assert.match(await client.untilEnd(), /finished$/);
  });

  test('at the bound of a drain what is left is cut and counted', async () => {
    await using under = await start();
    const arrived: ServerResponse[] = [];
    await using application = await startApplication((_request, response) => arrived.push(response));
    await apply(under, testRoute([application.port]));
    using client = await RawClient.connect(under.httpPort);
    client.send(get());
    while (arrived.length === 0) await sleep(5);
    const result = await under.ingress.drain(['web-1'], millis(100), signal);
    assert.deepEqual(result, { drained: false, requests: 1, webSockets: 0 });
    await client.untilEnd();
  });

  test('WebSockets are told to reconnect when half of a drain has gone', async () => {
    await using under = await start();
    await using application = await saying('');
    await apply(under, testRoute([application.port]));
    using client = await RawClient.connect(under.httpPort);
    client.send(upgrade);
    await client.until(/\r\n\r\n/);
    const draining = under.ingress.drain(['web-1'], millis(1000), signal);
    // FIN, opcode 8, code 1012.
    await client.until(/\x88[\x02-\x7d]\x03\xf4/);
    client.send('\x88\x82\x00\x00\x00\x00\x03\xf4');
    client.socket.end();
    assert.deepEqual(await draining, { drained: true, requests: 0, webSockets: 0 });
  });

  test('draining an instance that nobody knows is done at once', async () => {
    await using under = await start();
    const result = await under.ingress.drain(['nobody'], millis(60_000), signal);
    assert.deepEqual(result, { drained: true, requests: 0, webSockets: 0 });
  });
}

function countingCases({ start, apply, signal }: Conformance): void {
  test('traffic is counted by service and release', async () => {
    await using under = await start();
    await using application = await startApplication((request, response) => {
      response.statusCode = request.url === '/bad' ? 500 : 200;
      response.end();
    });
    await apply(under, testRoute([application.port]));
    for (const path of ['/', '/', '/bad']) await rawExchange(under.httpPort, get(path));
    const stats = (await under.ingress.stats(signal)).find(({ release }) => release === 'r1');
    assert.ok(stats);
    assert.equal(stats.environment, 'app/test');
    assert.equal(stats.service, 'web');
    assert.deepEqual([stats.requests, stats.errors, stats.inFlight, stats.webSockets], [3, 1, 0, 0]);
    assert.equal(stats.latencyCounts.length, stats.latencyBoundsMs.length + 1);
    assert.equal(
      stats.latencyCounts.reduce((sum, count) => sum + count, 0),
      3,
    );
  });

  test('a safe request whose instance dies is answered by another', async () => {
    await using under = await start();
    await using dying = await startApplication((request) => request.socket.destroy());
    await using living = await saying('alive');
    await apply(under, testRoute([dying.port, living.port]));
    for (let count = 0; count < 6; count += 1)
      assert.match(await rawExchange(under.httpPort, get()), /alive$/);
  });
}

/** What every driver of `Ingress` must do; each test starts an ingress with `start`. */
export function ingressConformance(driver: string, start: () => Promise<IngressUnderTest>): void {
  const signal = AbortSignal.timeout(120_000);
  let generation = 0;
  const apply = async (under: IngressUnderTest, ...routes: readonly Route[]): Promise<void> => {
    generation += 1;
    await under.ingress.apply({ generation, routes }, signal);
  };
  const conformance: Conformance = { signal, start, apply };
  suite(`ingress ${driver}`, () => {
    routingCases(conformance);
    forwardingCases(conformance);
    holdingCases(conformance);
    drainingCases(conformance);
    countingCases(conformance);
  });
}
