import { closeSync, writeSync } from 'node:fs';
import type { FailureDocument } from '../core/failure.ts';

export const readyVariable = 'MAINSTAY_READY_FD';

/** Tells the one who started this process in the background that it is ready, or why it is not. Once. */
export function reportReady(failure?: FailureDocument): void {
  const descriptor = Number(process.env[readyVariable]);
  // Children of this process must not take the variable for theirs.
  delete process.env[readyVariable];
  if (!Number.isInteger(descriptor) || descriptor < 3) return;
  try {
    writeSync(descriptor, failure === undefined ? 'ready\n' : `${JSON.stringify(failure)}\n`);
    closeSync(descriptor);
  } catch {
    // The starter went away meanwhile; nobody is left to tell.
  }
}
