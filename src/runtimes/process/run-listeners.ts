import { readListeners, socketInodes } from '../../system/listening-ports.ts';
import { type ProcessEntry, readProcessEntry } from '../../system/process-table.ts';
import type { RunListener } from '../runtime.ts';

/** What these processes listen on; null where their descriptors may not be read. */
export function listenersOf(members: readonly ProcessEntry[]): RunListener[] | null {
  const inodes = new Set<string>();
  for (const { pid } of members) {
    const held = socketInodes(pid);
    if (held === undefined && readProcessEntry(pid) !== undefined) return null;
    for (const inode of held ?? []) inodes.add(inode);
  }
  return readListeners()
    .filter(({ inode }) => inodes.has(inode))
    .map(({ address, port }) => ({ address, port }));
}
