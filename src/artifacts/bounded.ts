/** How many files are worked on at once: enough to keep the four threads of Node's pool busy. */
export const filesAtOnce = 16;

/**
 * Runs `work` on every item, at most `limit` at once. The first failure or abort stops the taking of further items and is thrown
 * after what had begun has ended, so that nothing is still at work when the caller cleans up.
 */
export async function forEachBounded<T>(
  items: Iterable<T>,
  limit: number,
  signal: AbortSignal,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  let failed = false;
  let failure: unknown;
  const worker = async (): Promise<void> => {
    for (let next = iterator.next(); !next.done && !failed; next = iterator.next()) {
      try {
        signal.throwIfAborted();
        await work(next.value);
      } catch (error) {
        if (!failed) failure = error;
        failed = true;
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
  if (failed) throw failure;
  signal.throwIfAborted();
}
