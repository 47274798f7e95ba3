import { access } from 'node:fs/promises';
import path from 'node:path';
import { readConfiguration } from './lib/configuration.js';
import { openDatabase } from './lib/database.js';
import { openEntries } from './lib/entries.js';
import { migrationProblem } from './lib/migrations.js';

/** Looks whether the book is whole and can be written into. Changes nothing. */
const { databaseFile, uploadDirectory } = readConfiguration();
const database = openDatabase(databaseFile);
try {
  const problem =
    migrationProblem(database) ?? integrityProblem() ?? writeProblem() ?? (await pictureProblem());
  if (problem) {
    console.error(`The guestbook is not well: ${problem}.`);
    process.exitCode = 1;
  } else {
    console.log(`The guestbook is well: ${openEntries(database).count()} entries.`);
  }
} catch (error) {
  console.error(`The guestbook is not well: ${error.message}`);
  process.exitCode = 1;
} finally {
  database.close();
}

function integrityProblem() {
  const { quick_check: result } = database.prepare('PRAGMA quick_check(1)').get();
  return result === 'ok' ? null : result;
}

function writeProblem() {
  database.exec('BEGIN IMMEDIATE');
  database
    .prepare(
      "INSERT INTO entries (name, message, written_at) VALUES ('check', 'check', '2000-01-01T00:00:00Z')",
    )
    .run();
  database.exec('ROLLBACK');
  return null;
}

async function pictureProblem() {
  const { entries } = openEntries(database).page({ limit: 100 });
  for (const { id, picture } of entries) {
    if (!picture) continue;
    const file = path.join(uploadDirectory, path.basename(picture.url));
    if (!(await isReadable(file))) return `the picture of entry ${id} is missing (${file})`;
  }
  return null;
}

function isReadable(file) {
  return access(file).then(
    () => true,
    () => false,
  );
}
