import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long other work of the process may have to wait. */
const sliceMs = 8;

/**
 * Does synchronous work on every item and lets other work of the process have its turn in between. For many small files
 * this takes a fraction of the time that Node's thread pool needs, whose threads wait for each other in the kernel.
 */
export async function inSlices<T>(
  items: Iterable<T>,
  signal: AbortSignal,
  work: (item: T) => void,
): Promise<void> {
  signal.throwIfAborted();
  let end = performance.now() + sliceMs;
  for (const item of items) {
    work(item);
    if (performance.now() < end) continue;
    await nextTurn();
    signal.throwIfAborted();
    end = performance.now() + sliceMs;
  }
}
