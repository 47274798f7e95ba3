import { Failure } from '../core/failure.ts';

const intervalMs = 1000;

/** Looks each second whether the agent still answers, and brings it back when it does not. */
export function watchAgent(
  ensureAgent: (signal: AbortSignal) => Promise<void>,
  log: (message: string, fields: Readonly<Record<string, unknown>>) => void,
): AsyncDisposable {
  const stop = new AbortController();
  const watch = async () => {
    while (!stop.signal.aborted) {
      await pause(stop.signal);
      try {
        if (!stop.signal.aborted) await ensureAgent(stop.signal);
      } catch (thrown) {
        if (stop.signal.aborted) return;
        if (!(thrown instanceof Failure)) throw thrown;
        log('agent is gone', { code: thrown.code, reason: thrown.message });
      }
    }
  };
  const ended = watch().catch((thrown: unknown) =>
    log('bug', { where: 'watch of the agent', reason: String(thrown) }),
  );
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await ended;
    },
  };
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, intervalMs);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
