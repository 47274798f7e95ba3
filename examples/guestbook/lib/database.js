import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Opens the database as every part of the guestbook uses it: several processes may do so at once. */
export function openDatabase(file) {
  mkdirSync(path.dirname(file), { recursive: true });
  const database = new DatabaseSync(file);
  // The timeout comes first: switching to WAL may itself have to wait for another process.
  database.exec('PRAGMA busy_timeout = 5000');
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = NORMAL');
  database.exec('PRAGMA foreign_keys = ON');
  return database;
}

/** Runs `work` in a write transaction: all of it happens, or none of it. */
export function transaction(database, work) {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
