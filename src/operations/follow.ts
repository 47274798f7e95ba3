import type { OperationEvent } from './events.ts';
import type { OperationStore } from './storage.ts';

const batch = 256;

/**
 * The events after `after`, then each new one as it comes, until the operation has finished or the signal
 * aborts. Throws `not-found`. A follower that comes back goes on after the last `seq` that it saw.
 */
export async function* followOperation(
  store: OperationStore,
  operation: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<OperationEvent, void, void> {
  const { id } = store.queue.find(operation);
  const bell = new Bell();
  using _listening = store.events.onAppended((changed) => {
    if (changed === id) bell.ring();
  });
  const end = (): void => bell.ring();
  signal.addEventListener('abort', end);
  try {
    let seq = after;
    while (!signal.aborted) {
      const events = store.events.read(id, seq, batch);
      for (const event of events) {
        yield event;
        seq = event.seq;
        if (event.type === 'finished') return;
      }
      if (events.length > 0) continue;
      if (store.queue.get(id)?.state === 'finished') return;
      await bell.rung();
    }
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/** Remembers a ring that comes while nobody waits. */
class Bell {
  #isRung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#isRung = true;
    this.#wake?.();
  }

  async rung(): Promise<void> {
    if (!this.#isRung) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#isRung = false;
    this.#wake = undefined;
  }
}
