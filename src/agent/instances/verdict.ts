import type { Failure } from '../../core/failure.ts';

/** Whether an instance is ready, or why not, once that is known; and whoever waits for it. */
export class Verdict {
  #failure: Failure | undefined;
  readonly #waiters = new Set<() => void>();

  /** Undefined: nothing is held against it any more. */
  settle(failure: Failure | undefined): void {
    this.#failure = failure;
    for (const resolve of this.#waiters) resolve();
  }

  /** Resolves when it is ready; throws why it is not once that is known. */
  async untilReady(isReady: () => boolean, signal: AbortSignal): Promise<void> {
    while (!isReady()) {
      if (this.#failure !== undefined) throw this.#failure;
      await this.#change(signal);
    }
  }

  async #change(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = (): void => reject(signal.reason as Error);
    this.#waiters.add(resolve);
    signal.addEventListener('abort', abort, { once: true });
    try {
      await promise;
    } finally {
      this.#waiters.delete(resolve);
      signal.removeEventListener('abort', abort);
    }
  }
}
