import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { createRedactor } from '../../core/redact.ts';
import { instant, millis } from '../../core/units.ts';
import { LineSplitter } from './line-splitter.ts';
import { Logs } from './logs.ts';
import { pruneLogs } from './prune-logs.ts';
import { readLogs } from './read-logs.ts';
import { RotatedFile } from './rotated-file.ts';

async function directory(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'logs-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

const split = (secrets: string[], ...pieces: (string | Buffer)[]): string[] => {
  const lines: string[] = [];
  const splitter = new LineSplitter(createRedactor(secrets), (line) => lines.push(line));
  for (const piece of pieces) splitter.push(Buffer.from(piece));
  splitter.end();
  return lines;
};

test('lines are put together however the bytes were cut, also inside a character', () => {
  const bytes = Buffer.from('grün\nrot\r\nlast');
  assert.deepEqual(split([], bytes.subarray(0, 3), bytes.subarray(3, 6), bytes.subarray(6)), [
    'grün',
    'rot',
    'last',
  ]);
});

test('a secret that arrives in two pieces is redacted', () => {
  assert.deepEqual(split(['hunter22'], 'key=hun', 'ter22 ok\n'), ['key=[secret] ok']);
});

test('a line without end is cut into bounded pieces, and never through a secret', () => {
  const secret = 'S3CRET'.repeat(10);
  const text = 'x'.repeat(65_536 - 30) + secret + 'y'.repeat(200_000);
  const lines = split([secret], text);
  assert.ok(lines.length > 3);
  assert.equal(lines.join('').includes('S3CRET'), false);
  assert.ok(lines.every((line) => line.length <= 65_536));
  assert.equal(lines.join(''), text.replace(secret, '[secret]'));
});

test('a rotated file keeps so many older ones and no more', async () => {
  await using place = await directory();
  const file = new RotatedFile(join(place.path, 'a.log'), { maxFileBytes: 100, keepFiles: 2 });
  for (let line = 0; line < 50; line += 1) file.append(`line ${line} ${'.'.repeat(20)}\n`);
  file.close();
  assert.deepEqual((await readdir(place.path)).sort(), ['a.log', 'a.log.1', 'a.log.2']);
  for (const name of await readdir(place.path)) assert.ok((await stat(join(place.path, name))).size <= 100);
  assert.match(await readFile(join(place.path, 'a.log'), 'utf8'), /line 49/);
});

test('logs are read in the order of time across instances and rotations, the last ones only', async () => {
  await using place = await directory();
  let time = 1000;
  const logs = new Logs({ now: () => instant((time += 1)), monotonic: () => millis(0) }, () => undefined);
  const open = (id: string, source: string) =>
    logs.open({
      environment: 'a/b',
      directory: place.path,
      id,
      source,
      release: null,
      secrets: ['topsecret'],
    });
  const web = open('a.b.web.1', 'web');
  const worker = open('a.b.worker.1', 'worker');
  const seen: string[] = [];
  const stop = logs.follow((environment, line) => seen.push(`${environment} ${line.source} ${line.text}`));
  web.write('out', Buffer.from('one\n'));
  worker.write('err', Buffer.from('two topsecret\n'));
  web.write('out', Buffer.from('three\nfour\n'));
  stop();
  web.end();
  worker.end();
  const read = async (query: object) => {
    const lines = await readLogs(
      place.path,
      { environment: 'a/b', lines: 100, follow: false, ...query },
      new AbortController().signal,
    );
    return lines.map(({ text }) => text);
  };
  assert.deepEqual(await read({}), ['one', 'two [secret]', 'three', 'four']);
  assert.deepEqual(await read({ lines: 2 }), ['three', 'four']);
  assert.deepEqual(await read({ service: 'worker' }), ['two [secret]']);
  assert.deepEqual(await read({ instance: 'a.b.web.1', lines: 1 }), ['four']);
  assert.deepEqual(await read({ lines: 0 }), []);
  assert.equal(seen[1], 'a/b worker two [secret]');
  assert.deepEqual(web.tail(2), ['three', 'four']);
});

test('the oldest logs of an environment are removed beyond its bounds, those in use never', async () => {
  await using place = await directory();
  for (let index = 0; index < 6; index += 1) {
    const path = join(place.path, `i${index}.log`);
    await writeFile(path, 'x'.repeat(1000));
    await writeFile(`${path}.1`, 'x'.repeat(1000));
    await utimes(path, index, index);
    await utimes(`${path}.1`, index, index);
  }
  await pruneLogs(place.path, new Set(['i0']), { sources: 4, bytes: 6000 });
  const left = (await readdir(place.path)).filter((name) => name.endsWith('.log')).sort();
  assert.deepEqual(left, ['i0.log', 'i3.log', 'i4.log', 'i5.log']);
});
