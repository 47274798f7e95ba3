import { type Dirent, lstatSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { inSlices } from './in-slices.ts';

const never = new AbortController().signal;

/** Removes a file or a directory with all that it holds; nothing happens when it is not there. Follows no link. */
export async function removeTree(path: string): Promise<void> {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) return;
  if (!status.isDirectory()) {
    unlinkSync(path);
    return;
  }
  await inSlices(remaining(path), never, () => undefined);
}

/** Each step of the iteration removes one thing, so that a large tree can be removed in slices. */
function* remaining(directory: string): Generator<void> {
  for (const entry of namesIn(directory)) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* remaining(path);
    else ignoreMissing(() => unlinkSync(path));
    yield;
  }
  ignoreMissing(() => rmdirSync(directory));
}

function namesIn(directory: string): Dirent[] {
  let names: Dirent[] = [];
  ignoreMissing(() => {
    names = readdirSync(directory, { withFileTypes: true });
  });
  return names;
}

function ignoreMissing(remove: () => void): void {
  try {
    remove();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
