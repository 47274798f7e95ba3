import { chmodSync, type Dirent, lstatSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
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
  await inSlices(contentOf(path), never, () => undefined);
  ignoreMissing(() => rmdirSync(path));
}

/** Each step of the iteration removes one thing, so that a large tree can be removed in slices. */
function* contentOf(directory: string): Generator<void> {
  for (const entry of namesIn(directory)) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      yield* contentOf(path);
      within(directory, () => rmdirSync(path));
    } else within(directory, () => unlinkSync(path));
    yield;
  }
}

function namesIn(directory: string): Dirent[] {
  let names: Dirent[] = [];
  within(directory, () => {
    names = readdirSync(directory, { withFileTypes: true });
  });
  return names;
}

/** A directory that its maker left read-only, as Go does with its modules, is opened for its owner first. */
function within(directory: string, act: () => void): void {
  try {
    ignoreMissing(act);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    chmodSync(directory, 0o700);
    ignoreMissing(act);
  }
}

function ignoreMissing(act: () => void): void {
  try {
    act();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
