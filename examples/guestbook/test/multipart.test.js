import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { multipartParts } from '../lib/multipart.js';

const type = 'multipart/form-data; boundary=XX';
const trap = 'one\r\n--X\r\n--XY\r\n-\r\n\r\n--';
const form = [
  '--XX\r\nContent-Disposition: form-data; name="message"\r\n\r\n',
  trap,
  '\r\n--XX\r\nContent-Disposition: form-data; name="picture"; filename="a b.png"\r\nContent-Type: image/png\r\n\r\n',
  '\r\n--XX\r\ncontent-disposition: form-data; name="last"\r\n\r\nend\r\n--XX--\r\n',
].join('');

async function read(chunks, contentType = type) {
  const parts = [];
  for await (const { name, fileName, body } of multipartParts(Readable.from(chunks), contentType)) {
    const held = [];
    for await (const chunk of body) held.push(chunk);
    parts.push({ name, fileName, text: Buffer.concat(held).toString('latin1') });
  }
  return parts;
}

const expected = [
  { name: 'message', fileName: undefined, text: trap },
  { name: 'picture', fileName: 'a b.png', text: '' },
  { name: 'last', fileName: undefined, text: 'end' },
];

test('a form reads the same wherever the network cuts it in two', async () => {
  const bytes = Buffer.from(form, 'latin1');
  for (let cut = 0; cut <= bytes.length; cut++) {
    assert.deepEqual(await read([bytes.subarray(0, cut), bytes.subarray(cut)]), expected, `cut at ${cut}`);
  }
});

test('a form reads the same byte by byte', async () => {
  assert.deepEqual(await read([...Buffer.from(form, 'latin1')].map((byte) => Buffer.from([byte]))), expected);
});

test('a boundary in quotes is understood', async () => {
  assert.deepEqual(await read([Buffer.from(form)], 'multipart/form-data; boundary="XX"'), expected);
});

test('what the reader leaves of a part is skipped', async () => {
  const names = [];
  for await (const part of multipartParts(Readable.from([Buffer.from(form)]), type)) names.push(part.name);
  assert.deepEqual(names, ['message', 'picture', 'last']);
});

test('a form that ends before its last boundary is refused', async () => {
  const bytes = Buffer.from(form);
  for (const length of [0, 4, 40, bytes.length - 6]) {
    await assert.rejects(read([bytes.subarray(0, length)]), { status: 400 }, `length ${length}`);
  }
});

test('a head without an end is refused before it fills the memory', async () => {
  const endless = (function* () {
    yield Buffer.from('--XX\r\nContent-Disposition: form-data; name="a"\r\n');
    for (;;) yield Buffer.alloc(1024, 'x');
  })();
  await assert.rejects(read(endless), { status: 400 });
});

test('a form with very many parts is refused', async () => {
  const part = '--XX\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n';
  await assert.rejects(read([Buffer.from(`${part.repeat(50)}--XX--`)]), { status: 400 });
});
