import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChunkedBody } from './chunked-body.ts';
import type { Direction } from './field-names.ts';

/** Feeds `text` in pieces of `size` bytes; returns what was handed on and how much was used. */
function feed(text: string, size: number, direction: Direction = 'request', decode = false) {
  const body = new ChunkedBody(direction, decode);
  const buffer = Buffer.from(text, 'latin1');
  let out = '';
  let used = 0;
  while (used < buffer.length && !body.done && body.failure === undefined) {
    const end = Math.min(buffer.length, used + size);
    used = body.scan(buffer, used, end, (bytes, from, to) => {
      out += Buffer.from(bytes.subarray(from, to)).toString('latin1');
    });
  }
  return { body, out, used };
}

const sizes = [1, 2, 3, 5, 1000];

test('chunks are handed on as they are, and the body ends exactly where it ends', () => {
  const text = '5\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n';
  for (const size of sizes) {
    const { body, out, used } = feed(`${text}GET / HTTP/1.1\r\n`, size);
    assert.equal(body.done, true);
    assert.equal(out, text);
    assert.equal(used, text.length);
    assert.equal(body.contentBytes, 15);
  }
});

test('decoding hands on the content alone', () => {
  for (const size of sizes)
    assert.equal(feed('5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n', size, 'response', true).out, 'hello!');
});

test('trailers of responses are handed on, those of requests are checked and dropped', () => {
  const text = '1\r\na\r\n0\r\nServer-Timing: x\r\n\r\n';
  for (const size of sizes) {
    assert.equal(feed(text, size, 'response').out, text);
    const { body, out, used } = feed(`${text}rest`, size, 'request');
    assert.equal(body.done, true);
    assert.equal(out, '1\r\na\r\n0\r\n\r\n');
    assert.equal(used, text.length);
  }
});

const broken: readonly (readonly [name: string, text: string])[] = [
  ['no size', '\r\nhello'],
  ['a size that is no number', 'x\r\n'],
  ['a size with a prefix', '0x5\r\nhello\r\n'],
  ['a signed size', '+5\r\nhello\r\n'],
  ['a size with a space', '5 \r\nhello\r\n'],
  ['a size after a space', ' 5\r\nhello\r\n'],
  ['a size beyond 2^53', 'ffffffffffffff\r\n'],
  ['an extension', '5;a=b\r\nhello\r\n'],
  ['a bare line feed after the size', '5\nhello\r\n'],
  ['a bare carriage return after the size', '5\rhello\r\n'],
  ['a chunk that is longer than its size', '5\r\nhello!\r\n'],
  ['a chunk that ends with a bare line feed', '5\r\nhello\n0\r\n\r\n'],
  ['a last chunk followed by a bare line feed', '0\r\n\n'],
  ['a trailer that frames', '0\r\nContent-Length: 5\r\n\r\n'],
  ['a trailer that frames, written with an underscore', '0\r\nTransfer_Encoding: chunked\r\n\r\n'],
  ['a trailer that says who the client is', '0\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n'],
  ['a folded trailer', '0\r\nX: a\r\n b\r\n\r\n'],
  ['endless trailers', `0\r\n${'X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n'.repeat(400)}`],
];

for (const [name, text] of broken) {
  test(`a chunked body with ${name} is refused`, () => {
    for (const size of sizes) assert.notEqual(feed(text, size).body.failure, undefined);
  });
}
