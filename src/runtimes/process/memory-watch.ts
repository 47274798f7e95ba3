import { type ProcessTable, readProcessTable, residentBytes } from '../../system/process-table.ts';
import { type ProcessTree, signalProcess } from './process-tree.ts';

interface Watched {
  readonly tree: ProcessTree;
  readonly limitBytes: number;
  readonly onExceeded: () => void;
}

/**
 * Enforces memory limits by measuring, where control groups may not be used. A run that grows faster than the
 * period can overshoot for that long; one picture of all processes serves all runs.
 */
export class MemoryWatch {
  readonly #periodMs: number;
  readonly #watched = new Map<string, Watched>();
  #timer: NodeJS.Timeout | undefined;

  constructor(periodMs: number) {
    this.#periodMs = periodMs;
  }

  add(run: string, watched: Watched): void {
    this.#watched.set(run, watched);
    this.#timer ??= setInterval(() => this.#measure(), this.#periodMs).unref();
  }

  remove(run: string): void {
    this.#watched.delete(run);
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #measure(): void {
    const table = readProcessTable();
    for (const [run, { tree, limitBytes, onExceeded }] of this.#watched) {
      if (treeBytes(tree, table) <= limitBytes) continue;
      this.remove(run);
      onExceeded();
      for (const entry of tree.members()) signalProcess(entry, 'SIGKILL');
    }
  }
}

export function treeBytes(tree: ProcessTree, table: ProcessTable): number {
  return tree.members(table).reduce((sum, entry) => sum + residentBytes(entry.pid), 0);
}
