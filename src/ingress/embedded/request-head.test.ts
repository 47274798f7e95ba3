import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incomplete, refused } from './field-section.ts';
import { RequestHead, requestLimits } from './request-head.ts';

const head = new RequestHead();

function parse(text: string): number {
  const buffer = Buffer.from(text, 'latin1');
  return head.parse(buffer, 0, buffer.length);
}

const refusedHeads: readonly (readonly [name: string, text: string, status?: number])[] = [
  ['both framings', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n'],
  [
    'both framings, the other way',
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n',
  ],
  ['two lengths that differ', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n'],
  ['two lengths that agree', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n'],
  ['a list of lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\n'],
  ['a signed length', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\n'],
  ['a negative length', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\n'],
  ['a hexadecimal length', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\n'],
  ['an empty length', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\n'],
  ['a length with a space inside', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3 3\r\n\r\n'],
  ['a length beyond any body', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n'],
  ['a coding before chunked', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
  ['a coding after chunked', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n'],
  [
    'chunked twice',
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n',
  ],
  ['an unknown coding', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n'],
  ['an empty coding', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n'],
  ['chunked with a vertical tab', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \vchunked\r\n\r\n'],
  ['chunked with a parameter', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;q=1\r\n\r\n'],
  ['a coding in HTTP/1.0', 'POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['a space before the colon', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 3\r\n\r\n'],
  ['a tab before the colon', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length\t: 3\r\n\r\n'],
  ['a folded line', 'GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n'],
  ['a line folded with a tab', 'GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n\t2\r\n\r\n'],
  ['white space before the first field', 'GET / HTTP/1.1\r\n Host: a\r\n\r\n'],
  ['bare line feeds', 'GET / HTTP/1.1\nHost: a\n\n'],
  ['a bare line feed after a field', 'GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n'],
  ['a bare line feed at the end', 'GET / HTTP/1.1\r\nHost: a\r\n\n'],
  ['a bare carriage return in a value', 'GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n'],
  ['a bare carriage return at the end', 'GET / HTTP/1.1\r\nHost: a\r\n\rX'],
  ['a NUL in a value', 'GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n'],
  ['a control character in a value', 'GET / HTTP/1.1\r\nHost: a\r\nX: b\x01c\r\n\r\n'],
  ['DEL in a value', 'GET / HTTP/1.1\r\nHost: a\r\nX: b\x7fc\r\n\r\n'],
  ['a NUL in a name', 'GET / HTTP/1.1\r\nHost: a\r\nX\0: b\r\n\r\n'],
  ['an empty name', 'GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n'],
  ['a line without colon', 'GET / HTTP/1.1\r\nHost: a\r\nNonsense\r\n\r\n'],
  ['a name with parentheses', 'GET / HTTP/1.1\r\nHost: a\r\nX(y): b\r\n\r\n'],
  ['a name beyond ASCII', 'GET / HTTP/1.1\r\nHost: a\r\nX\xe9: b\r\n\r\n'],
  ['no Host', 'GET / HTTP/1.1\r\nX: b\r\n\r\n'],
  ['two Hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n'],
  ['an empty Host', 'GET / HTTP/1.1\r\nHost:\r\n\r\n'],
  ['a Host with a path', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n'],
  ['a Host with user information', 'GET / HTTP/1.1\r\nHost: u@a\r\n\r\n'],
  ['a Host with a list', 'GET / HTTP/1.1\r\nHost: a, b\r\n\r\n'],
  ['a Host with an endless port', 'GET / HTTP/1.1\r\nHost: a:123456\r\n\r\n'],
  ['a Host with a port that is none', 'GET / HTTP/1.1\r\nHost: a:b\r\n\r\n'],
  ['a Host with brackets left open', 'GET / HTTP/1.1\r\nHost: [::1\r\n\r\n'],
  ['a lower-case method', 'get / HTTP/1.1\r\nHost: a\r\n\r\n', 501],
  ['an unknown method', 'FROB / HTTP/1.1\r\nHost: a\r\n\r\n', 501],
  ['an endless method', `${'A'.repeat(100)} / HTTP/1.1\r\nHost: a\r\n\r\n`, 501],
  ['CONNECT', 'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n', 501],
  ['TRACE', 'TRACE / HTTP/1.1\r\nHost: a\r\n\r\n', 501],
  ['a method with a colon', 'GE:T / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['a space before the method', ' GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['two spaces in the request line', 'GET  / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['two spaces before the version', 'GET /  HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['a tab in the request line', 'GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['a space after the version', 'GET / HTTP/1.1 \r\nHost: a\r\n\r\n'],
  ['no version', 'GET /\r\nHost: a\r\n\r\n'],
  ['a version of two digits', 'GET / HTTP/1.10\r\nHost: a\r\n\r\n'],
  ['HTTP/1.2', 'GET / HTTP/1.2\r\nHost: a\r\n\r\n', 505],
  ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 501],
  ['HTTP/2 by a plain method', 'GET / HTTP/2.0\r\nHost: a\r\n\r\n', 505],
  ['HTTP/0.9', 'GET / HTTP/0.9\r\nHost: a\r\n\r\n', 505],
  ['a lower-case protocol', 'GET / http/1.1\r\nHost: a\r\n\r\n'],
  ['a target without slash', 'GET a HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['a target with a fragment', 'GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['a target with a control character', 'GET /a\x01 HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['a target beyond ASCII', 'GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['a star for GET', 'GET * HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['a star with more', 'OPTIONS *x HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['an absolute target of another scheme', 'GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['an absolute target without path', 'GET http://a HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['an absolute target that contradicts Host', 'GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['an absolute target with user information', 'GET http://u@a/ HTTP/1.1\r\nHost: u@a\r\n\r\n'],
  [
    'an unknown expectation',
    'POST / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\nContent-Length: 1\r\n\r\n',
    417,
  ],
  ['a malformed Connection', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: a b\r\n\r\n'],
  [
    'an upgrade with a body',
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n\r\n',
  ],
  ['an upgrade by POST', 'POST / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'],
  ['101 fields', `GET / HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(100)}\r\n`, 431],
  [
    'a head that is too large',
    `GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(requestLimits.maxBytes)}\r\n\r\n`,
    431,
  ],
  ['a target that is too large', `GET /${'y'.repeat(requestLimits.maxBytes)} HTTP/1.1\r\n`, 431],
];

for (const [name, text, status = 400] of refusedHeads) {
  test(`a request head with ${name} is refused with ${status}`, () => {
    assert.equal(parse(text), refused);
    assert.equal(head.fields.refusal.status, status);
    assert.notEqual(head.fields.refusal.reason, '');
  });
}

const acceptedHeads: readonly (readonly [name: string, text: string])[] = [
  ['a plain GET', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['one empty line in front', '\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['HTTP/1.0 without Host', 'GET / HTTP/1.0\r\n\r\n'],
  ['a star for OPTIONS', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['an absolute target', 'GET http://a:80/x?y HTTP/1.1\r\nHost: A:80\r\n\r\n'],
  ['an IPv6 host', 'GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n'],
  ['no space after the colon', 'GET / HTTP/1.1\r\nHost:a\r\n\r\n'],
  ['tabs around a value', 'GET / HTTP/1.1\r\nHost:\t a \t\r\n\r\n'],
  ['values beyond ASCII', 'GET / HTTP/1.1\r\nHost: a\r\nX: \xe9\xff\r\n\r\n'],
  ['an empty value', 'GET / HTTP/1.1\r\nHost: a\r\nX:\r\n\r\n'],
  ['chunked in capitals', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n'],
  ['100 fields', `GET / HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(99)}\r\n`],
];

for (const [name, text] of acceptedHeads) {
  test(`a request head with ${name} is accepted, however it is cut into pieces`, () => {
    assert.equal(parse(text), text.length);
    for (let length = 1; length < text.length; length += 1)
      assert.equal(parse(text.slice(0, length)), incomplete);
  });
}

test('framing, connection and expectation are understood', () => {
  parse(
    'POST /p?q=1 HTTP/1.1\r\nHost: a\r\nConnection: Close, X-Own\r\nContent-Length: 0012\r\nExpect: 100-Continue\r\n\r\n',
  );
  assert.equal(head.contentLength, 12);
  assert.equal(head.close, true);
  assert.deepEqual(head.hopFields, ['x-own']);
  assert.equal(head.expectContinue, true);
  parse('GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n');
  assert.equal(head.keepAlive, true);
  assert.equal(head.contentLength, -1);
  assert.deepEqual(head.hopFields, []);
});

test('only a complete WebSocket upgrade is one', () => {
  parse('GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\r\n');
  assert.equal(head.webSocket, true);
  parse('GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n');
  assert.equal(head.webSocket, false);
  parse('GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade, http2-settings\r\nUpgrade: h2c\r\n\r\n');
  assert.equal(head.webSocket, false);
});
