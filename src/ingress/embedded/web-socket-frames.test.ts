import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closeFrame, WebSocketFrames } from './web-socket-frames.ts';

/** Unmasked and masked frames of several lengths, and where each ends. */
function frames(): { readonly bytes: Buffer; readonly ends: readonly number[] } {
  const parts: Buffer[] = [];
  for (const length of [0, 1, 125, 126, 65_535, 65_536]) {
    for (const masked of [false, true]) {
      const size =
        length < 126
          ? Buffer.from([length])
          : length < 65_536
            ? Buffer.from([126, length >> 8, length & 255])
            : Buffer.from([127, 0, 0, 0, 0, 0, 1, 0, 0]);
      size[0] = (size[0] ?? 0) | (masked ? 0x80 : 0);
      parts.push(
        Buffer.concat([
          Buffer.from([0x82]),
          size,
          Buffer.alloc(masked ? 4 : 0, 7),
          Buffer.alloc(length, 0xff),
        ]),
      );
    }
  }
  let end = 0;
  return { bytes: Buffer.concat(parts), ends: parts.map((part) => (end += part.length)) };
}

test('the ends of frames are found, however they are cut into pieces', () => {
  const { bytes, ends } = frames();
  for (const size of [1, 3, 1000, bytes.length]) {
    const follower = new WebSocketFrames();
    const found: number[] = [];
    let at = 0;
    while (at < bytes.length) {
      const end = Math.min(bytes.length, at + size);
      if (size === 1) {
        at = follower.follow(bytes, at, end, false);
        if (follower.betweenFrames) found.push(at);
        continue;
      }
      at = follower.follow(bytes, at, end, false);
    }
    assert.equal(follower.betweenFrames, true);
    if (size === 1) assert.deepEqual(found, ends);
  }
});

test('following stops at the next end of a frame when asked to', () => {
  const { bytes, ends } = frames();
  const follower = new WebSocketFrames();
  const inside = (ends[4] ?? 0) + 10;
  follower.follow(bytes, 0, inside, false);
  assert.equal(follower.follow(bytes, inside, bytes.length, true), ends[5]);
  assert.equal(follower.follow(bytes, ends[5] ?? 0, bytes.length, true), ends[5]);
});

test('a close frame carries its code, masked towards servers', () => {
  assert.deepEqual(closeFrame(1012, 'bye', false), Buffer.from([0x88, 5, 0x03, 0xf4, 0x62, 0x79, 0x65]));
  const masked = closeFrame(1012, 'bye', true);
  assert.equal(masked.length, 11);
  assert.equal(masked[1], 0x85);
  const unmasked = masked.subarray(6).map((byte, at) => byte ^ (masked[2 + (at & 3)] ?? 0));
  assert.deepEqual([...unmasked], [0x03, 0xf4, 0x62, 0x79, 0x65]);
});
