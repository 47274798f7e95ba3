import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incomplete, refused } from './field-section.ts';
import { framing, ResponseHead } from './response-head.ts';

const head = new ResponseHead();

function parse(text: string, isHeadRequest = false): number {
  const buffer = Buffer.from(text, 'latin1');
  return head.parse(buffer, 0, buffer.length, isHeadRequest);
}

const refusedHeads: readonly (readonly [name: string, text: string])[] = [
  ['both framings', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n'],
  ['an unknown coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n'],
  ['a coding in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['a folded line', 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n'],
  ['bare line feeds', 'HTTP/1.1 200 OK\nX: a\n\n'],
  ['a space before a colon', 'HTTP/1.1 200 OK\r\nX : a\r\n\r\n'],
  ['a control character', 'HTTP/1.1 200 OK\r\nX: a\x00\r\n\r\n'],
  ['a control character in the reason', 'HTTP/1.1 200 O\x01K\r\n\r\n'],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
  ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
  ['a status below 100', 'HTTP/1.1 099 OK\r\n\r\n'],
  ['an interim status and a body', 'HTTP/1.1 103 Early Hints\r\nContent-Length: 3\r\n\r\n'],
  ['another protocol', 'HTTP/2.0 200 OK\r\n\r\n'],
  ['no protocol', '<html>hello</html>'],
];

for (const [name, text] of refusedHeads) {
  test(`a response head with ${name} is refused`, () => {
    assert.equal(parse(text), refused);
    assert.equal(head.fields.refusal.status, 502);
  });
}

test('a response head is accepted however it is cut into pieces', () => {
  for (const text of [
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n',
    'HTTP/1.0 404 \r\n\r\n',
    'HTTP/1.1 200\r\nA: b\r\n\r\n',
  ]) {
    assert.equal(parse(text), text.length);
    for (let length = 0; length < text.length; length += 1)
      assert.equal(parse(text.slice(0, length)), incomplete);
  }
});

test('the end of a body follows from status, method and fields', () => {
  parse('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n');
  assert.equal(head.framing, framing.length);
  parse('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
  assert.equal(head.framing, framing.chunked);
  parse('HTTP/1.1 200 OK\r\n\r\n');
  assert.equal(head.framing, framing.close);
  for (const status of [204, 304]) {
    parse(`HTTP/1.1 ${status} X\r\nContent-Length: 3\r\n\r\n`);
    assert.equal(head.framing, framing.none);
  }
  parse('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n', true);
  assert.equal(head.framing, framing.none);
});

test('whether a connection may be used again follows from version and Connection', () => {
  parse('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5, max=9\r\n\r\n');
  assert.equal(head.close, false);
  assert.equal(head.keepAliveSeconds, 5);
  parse('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n');
  assert.equal(head.close, true);
  parse('HTTP/1.0 200 OK\r\n\r\n');
  assert.equal(head.close, true);
  parse('HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n');
  assert.equal(head.close, false);
});
