import type { Stats } from 'node:fs';
import { Failure } from '../core/failure.ts';

/**
 * Throws `permission-denied` unless the directory with this status belongs to the user who runs this process and
 * nobody else may put things into it: keys, sockets and programs are taken from it in good faith.
 */
export function requireOwnDirectory(path: string, status: Stats): void {
  const user = process.geteuid?.() ?? status.uid;
  const mode = (status.mode & 0o777).toString(8);
  if (!status.isDirectory())
    throw new Failure('permission-denied', `${path} is no directory, so nothing is put into it.`, {
      hint: 'Look at what lies there, then remove it, or set MAINSTAY_HOME to another directory.',
      details: { path },
    });
  if (status.uid !== user)
    throw new Failure(
      'permission-denied',
      `${path} belongs to uid ${status.uid}, not to uid ${user}, who runs Mainstay; its owner could change everything in it.`,
      {
        hint: 'Run Mainstay as its owner, or set MAINSTAY_HOME to a directory of your own.',
        details: { path, owner: status.uid },
      },
    );
  if ((status.mode & 0o022) === 0) return;
  throw new Failure('permission-denied', `Others may change what lies in ${path} (mode ${mode}).`, {
    hint: `See that nobody has, then run: chmod go-w ${path}`,
    details: { path, mode },
  });
}
