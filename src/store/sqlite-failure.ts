import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from '../core/failure.ts';

/** Primary result codes of SQLite, https://www.sqlite.org/rescode.html */
const codes = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
};

interface SqliteError extends Error {
  readonly code: 'ERR_SQLITE_ERROR';
  readonly errcode: number;
  readonly errstr: string;
}

function isSqliteError(thrown: unknown): thrown is SqliteError {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_SQLITE_ERROR';
}

/** Turns what SQLite throws into a `Failure` where a person can act on it; anything else comes back as it is. */
export function databaseFailure(thrown: unknown, path: string): unknown {
  if (!isSqliteError(thrown)) return thrown;
  switch (thrown.errcode & 0xff) {
    case codes.full:
      return diskFull(path, thrown);
    case codes.ioError:
      return hasSpace(path) ? inputOutputFailure(path, thrown) : diskFull(path, thrown);
    case codes.corrupt:
    case codes.notADatabase:
      return new Failure('state-corrupt', `${path} is damaged: ${thrown.message}. It was left as it is.`, {
        hint: 'Stop Mainstay and start it again: it then checks the file and says what can be done.',
        cause: thrown,
      });
    case codes.busy:
    case codes.locked:
      return new Failure('state-locked', `${path} is in use by another process.`, {
        hint: 'Close other programs that have the database open.',
        retryable: true,
        cause: thrown,
      });
    case codes.readOnly:
    case codes.cannotOpen:
      return new Failure('permission-denied', `Cannot write ${path}: ${thrown.message}.`, {
        hint: `Check the owner and the rights of ${dirname(path)}.`,
        cause: thrown,
      });
    default:
      return thrown;
  }
}

function diskFull(path: string, cause: unknown): Failure {
  return new Failure('disk-full', `Cannot write ${path}: no space is left on its device.`, {
    hint: `Free some space on the file system of ${dirname(path)}; Mainstay goes on by itself.`,
    retryable: true,
    cause,
  });
}

function inputOutputFailure(path: string, cause: SqliteError): Failure {
  return new Failure(
    'permission-denied',
    `Cannot read or write ${path}: ${cause.message} (${cause.errcode}).`,
    {
      hint: 'Look at the kernel log for errors of the device.',
      retryable: true,
      cause,
    },
  );
}

/** SQLite reports some writes that failed for want of space as plain I/O errors. */
function hasSpace(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize > 1_048_576;
  } catch {
    return true;
  }
}
