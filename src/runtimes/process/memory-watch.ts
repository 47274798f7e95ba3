import type { ProcessPicture } from './process-picture.ts';
import { type ProcessTree, signalProcess } from './process-tree.ts';
import { exceedMemory } from './resident-memory.ts';

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
  readonly #picture: ProcessPicture;
  readonly #watched = new Map<string, Watched>();
  #timer: NodeJS.Timeout | undefined;

  constructor(periodMs: number, picture: ProcessPicture) {
    this.#periodMs = periodMs;
    this.#picture = picture;
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
    const table = this.#picture.take();
    for (const [run, { tree, limitBytes, onExceeded }] of this.#watched) {
      if (!exceedMemory(tree.members(table), limitBytes)) continue;
      this.remove(run);
      onExceeded();
      for (const entry of tree.members()) signalProcess(entry, 'SIGKILL');
    }
  }
}
