import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestHead } from './request-head.ts';
import { ResponseHead } from './response-head.ts';
import type { ClientIdentity, ResponseChanges } from './rewrite-head.ts';
import { rewriteRequestHead, rewriteResponseHead } from './rewrite-head.ts';

const client: ClientIdentity = { address: '192.0.2.7', scheme: 'https', trusted: false };
const own = 'x-forwarded-for: 192.0.2.7\r\nx-forwarded-proto: https\r\nx-forwarded-host: a.test\r\n';

function request(text: string, identity = client): string {
  const head = new RequestHead();
  const buffer = Buffer.from(`junk${text}`, 'latin1');
  assert.equal(head.parse(buffer, 4, buffer.length), buffer.length);
  return rewriteRequestHead(
    head,
    buffer,
    identity,
    buffer.toString('latin1', head.hostStart, head.hostEnd),
    'id-1',
  );
}

function response(text: string, changes: Partial<ResponseChanges> = {}): string {
  const head = new ResponseHead();
  const buffer = Buffer.from(`junk${text}`, 'latin1');
  const end = head.parse(buffer, 4, buffer.length, false);
  assert.equal(end, buffer.length);
  return rewriteResponseHead(head, buffer, 4, end, {
    requestId: 'id-1',
    connection: '',
    chunked: false,
    ...changes,
  });
}

test('a request keeps what belongs to the application and tells it who asks', () => {
  assert.equal(
    request('GET /a?b HTTP/1.1\r\nHost: a.test\r\nAccept: */*\r\nCookie: x=y\r\n\r\n'),
    `GET /a?b HTTP/1.1\r\nHost: a.test\r\nAccept: */*\r\nCookie: x=y\r\n${own}x-request-id: id-1\r\n\r\n`,
  );
});

test('what a client says about forwarding is replaced, however it is written', () => {
  const lines = [
    'X-Forwarded-For: 1.1.1.1',
    'X_Forwarded_For: 1.1.1.1',
    'x-forwarded-port: 1',
    'Forwarded: for=1.1.1.1',
    'X-Real-IP: 1.1.1.1',
    'Proxy: evil',
    'X-Request-Id: one',
    'x-request-id: two',
  ];
  assert.equal(
    request(`GET / HTTP/1.1\r\nHost: a.test\r\n${lines.join('\r\n')}\r\nX-Kept: yes\r\n\r\n`),
    `GET / HTTP/1.1\r\nHost: a.test\r\nX-Kept: yes\r\n${own}x-request-id: id-1\r\n\r\n`,
  );
});

test('what a trusted proxy says about forwarding is kept and added to', () => {
  const out = request(
    'GET / HTTP/1.1\r\nHost: a.test\r\nX-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: b.test\r\n\r\n',
    { ...client, trusted: true },
  );
  assert.match(
    out,
    /x-forwarded-for: 1\.1\.1\.1, 192\.0\.2\.7\r\nx-forwarded-proto: http\r\nx-forwarded-host: b\.test\r\n/,
  );
});

test('fields of the connection are removed, those that Connection names among them', () => {
  assert.equal(
    request(
      'GET / HTTP/1.1\r\nConnection: close, X-Own, Host, Content-Length\r\nX-Own: 1\r\nHost: a.test\r\n' +
        'Keep-Alive: timeout=5\r\nTE: trailers\r\nProxy-Connection: x\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\nX-Own-Not: 1\r\n\r\n',
    ),
    `GET / HTTP/1.1\r\nHost: a.test\r\nX-Own-Not: 1\r\n${own}x-request-id: id-1\r\n\r\n`,
  );
});

test('framing is said once and by the ingress', () => {
  assert.equal(
    request(
      'POST / HTTP/1.1\r\ncontent_length: 9\r\nContent-Length: 0005\r\nHost: a.test\r\nTransfer_Encoding: chunked\r\n\r\n',
    ),
    `POST / HTTP/1.1\r\nHost: a.test\r\n${own}content-length: 5\r\nx-request-id: id-1\r\n\r\n`,
  );
  assert.equal(
    request('POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: Chunked\r\n\r\n'),
    `POST / HTTP/1.1\r\nHost: a.test\r\n${own}transfer-encoding: chunked\r\nx-request-id: id-1\r\n\r\n`,
  );
});

test('unusual white space is made usual', () => {
  assert.equal(
    request('GET / HTTP/1.1\r\nHost:a.test\r\nX: \t y z \t\r\nEmpty:\r\n\r\n'),
    `GET / HTTP/1.1\r\nHost: a.test\r\nX: y z\r\nEmpty: \r\n${own}x-request-id: id-1\r\n\r\n`,
  );
});

test('absolute targets and HTTP/1.0 become origin form and HTTP/1.1', () => {
  assert.equal(
    request('GET http://a.test/x?y HTTP/1.1\r\nHost: A.test\r\nX: y\r\n\r\n'),
    `GET /x?y HTTP/1.1\r\nX: y\r\nhost: a.test\r\n${own}x-request-id: id-1\r\n\r\n`,
  );
  assert.equal(
    request('GET /x HTTP/1.0\r\nHost: a.test\r\nX: y\r\n\r\n'),
    `GET /x HTTP/1.1\r\nHost: a.test\r\nX: y\r\n${own}x-request-id: id-1\r\n\r\n`,
  );
});

test('a response keeps what belongs to the client and loses what belongs to the connection', () => {
  assert.equal(
    response(
      'HTTP/1.1 200 Fine\r\nServer: x\r\nConnection: keep-alive, X-Own\r\nKeep-Alive: timeout=5\r\nX-Own: 1\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nContent-Length: 3\r\n\r\n',
    ),
    'HTTP/1.1 200 Fine\r\nServer: x\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\ncontent-length: 3\r\nx-request-id: id-1\r\n\r\n',
  );
});

test('a response of HTTP/1.0 is passed on as HTTP/1.1, and the application may choose the request id', () => {
  assert.equal(
    response('HTTP/1.0 404 Gone Fishing\r\nX-Request-Id: mine\r\n\r\n', {
      connection: 'close',
      chunked: true,
    }),
    'HTTP/1.1 404 Gone Fishing\r\nX-Request-Id: mine\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n',
  );
});
