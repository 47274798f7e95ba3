import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { inspectPicture } from '../lib/picture-kinds.js';
import { pictures } from './support/pictures.js';
import { temporaryFolder } from './support/temporary.js';

const cases = [
  ['a PNG', pictures.png(640, 480), { extension: 'png', width: 640, height: 480 }],
  ['a GIF', pictures.gif(16, 9), { extension: 'gif', width: 16, height: 9 }],
  ['a JPEG with a long head', pictures.jpeg(4000, 3000), { extension: 'jpg', width: 4000, height: 3000 }],
  ['a plain WebP', pictures.webp('VP8 ', 320, 200), { extension: 'webp', width: 320, height: 200 }],
  ['a lossless WebP', pictures.webp('VP8L', 321, 201), { extension: 'webp', width: 321, height: 201 }],
  ['an extended WebP', pictures.webp('VP8X', 70_000, 2), { extension: 'webp', width: 70_000, height: 2 }],
  ['a text', Buffer.from('hello, I am not a picture at all'), undefined],
  ['a drawing that may carry scripts', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), undefined],
  ['a PNG without a size', pictures.png(0, 480), undefined],
  ['a JPEG that ends too early', pictures.jpeg(10, 10).subarray(0, 200), undefined],
  ['a file of two bytes', Buffer.from([0xff, 0xd8]), undefined],
];

for (const [what, content, expected] of cases) {
  test(`${what} is ${expected ? 'known by its content, with its size' : 'not taken'}`, async (t) => {
    const file = path.join(await temporaryFolder(t), 'picture');
    await writeFile(file, content);
    assert.deepEqual(await inspectPicture(file), expected);
  });
}
