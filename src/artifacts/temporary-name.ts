import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { currentBootId, identifyProcess, isAlive } from '../system/process-identity.ts';
import { removeTree } from './remove-tree.ts';

const pattern = /\.of-(\d+)-(\d+)-[0-9a-f]{12}$/;

// This process keeps pid and start for as long as this module lives.
const maker = `${process.pid}-${identifyProcess(process.pid)?.startedAt.split(':')[1] ?? '0'}`;

/** A name that says which process is at work on it, so that what a dead one left behind can be told apart. */
export function temporaryName(stem: string): string {
  return `${stem}.of-${maker}-${randomBytes(6).toString('hex')}`;
}

/** Removes the temporary files and directories here whose makers are dead. */
export async function sweepTemporary(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const made = pattern.exec(name);
    if (made === null) continue;
    const owner = { pid: Number(made[1]), startedAt: `${currentBootId()}:${made[2]}` };
    if (!isAlive(owner)) await removeTree(join(directory, name));
  }
}
