import type { ChildProcess } from 'node:child_process';
import { Failure } from '../../core/failure.ts';

/** Resolves when the program runs; throws why it could not. Call it in the same turn as `spawn`. */
export function spawned(child: ChildProcess, program: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error: NodeJS.ErrnoException) => reject(explainSpawnError(error, program)));
  });
}

function explainSpawnError(error: NodeJS.ErrnoException, program: string): Error {
  if (error.code === 'ENOENT') {
    return new Failure(
      'command-not-found',
      `Cannot run ${program}: the interpreter that it names is missing.`,
      {
        hint: 'Look at the first line of the file, and install what it names on the host.',
        details: { program },
        cause: error,
      },
    );
  }
  if (error.code === 'EACCES') {
    return new Failure('permission-denied', `Cannot run ${program}: permission denied.`, { cause: error });
  }
  if (error.code === 'EAGAIN' || error.code === 'ENOMEM') {
    return new Failure('conflict', `Cannot run ${program}: the host has no room for another process.`, {
      retryable: true,
      cause: error,
    });
  }
  return error;
}
