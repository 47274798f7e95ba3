import assert from 'node:assert/strict';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { openDatabase } from '../lib/database.js';
import { makeDigest, tidy } from '../lib/digest.js';
import { migrate } from '../lib/migrations.js';
import { openPictures } from '../lib/pictures.js';
import { temporaryFolder } from './support/temporary.js';

async function openBook(t) {
  const folder = await temporaryFolder(t);
  const database = openDatabase(path.join(folder, 'test.db'));
  t.after(() => database.close());
  migrate(database);
  const insert = database.prepare(
    'INSERT INTO entries (name, message, picture, written_at) VALUES (?, ?, ?, ?)',
  );
  return {
    folder,
    database,
    write: (name, writtenAt, picture = null) => insert.run(name, 'm', picture, writtenAt),
  };
}

test('a digest counts the day before, as its time zone counts days', async (t) => {
  const { database, write } = await openBook(t);
  write('too early', '2026-06-14T21:59:59.000Z');
  write('Ada', '2026-06-14T22:00:00.000Z', 'a.png');
  write('Ada', '2026-06-15T12:00:00.000Z');
  write('Bea', '2026-06-15T21:59:59.000Z');
  write('too late', '2026-06-15T22:00:00.000Z');
  const now = new Date('2026-06-16T05:00:00Z');
  const digest = makeDigest(database, { timeZone: 'Europe/Berlin', now });
  assert.deepEqual(digest, {
    day: '2026-06-15',
    entries: 3,
    pictures: 1,
    writers: 2,
    summary: '3 entries by 2 guests, 1 picture.',
  });
});

test('a digest made twice stands in the book once', async (t) => {
  const { database, write } = await openBook(t);
  assert.equal(makeDigest(database, { day: '2026-06-15', timeZone: 'UTC' }).summary, 'A quiet day.');
  write('Ada', '2026-06-15T12:00:00.000Z');
  makeDigest(database, { day: '2026-06-15', timeZone: 'UTC' });
  const rows = database.prepare('SELECT summary FROM digests').all();
  assert.deepEqual(
    rows.map(({ summary }) => summary),
    ['1 entry.'],
  );
});

test('something that is not a day is refused', async (t) => {
  const { database } = await openBook(t);
  assert.throws(() => makeDigest(database, { day: 'yesterday' }), /not a day/);
});

test('tidying removes old files that no entry shows, and nothing else', async (t) => {
  const { folder, database, write } = await openBook(t);
  const uploads = path.join(folder, 'uploads');
  await mkdir(uploads);
  const long = new Date(Date.now() - 2 * 3_600_000);
  for (const file of ['shown.png', 'lost.png', '.incoming-lost', 'fresh.png']) {
    await writeFile(path.join(uploads, file), 'x');
    if (file !== 'fresh.png') await utimes(path.join(uploads, file), long, long);
  }
  write('Ada', '2026-06-15T12:00:00.000Z', 'shown.png');
  const { files } = await tidy(database, openPictures(uploads, 1));
  assert.equal(files, 2);
  assert.deepEqual((await readdir(uploads)).sort(), ['fresh.png', 'shown.png']);
});
