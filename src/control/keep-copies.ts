import type { Store } from '../store/store.ts';

const dayMs = 24 * 3_600_000;
/** Not while the control plane is being waited for; a short-lived one makes no copy at all. */
const firstMs = 60_000;
/** A week of days to go back to when the database is damaged. */
const copiesKept = 7;

/** Copies the database beside itself, soon after the start and then each day, so that a damaged one has a way back. */
export function keepCopies(
  store: Pick<Store, 'keepCopy'>,
  log: (message: string, fields: Readonly<Record<string, unknown>>) => void,
): Disposable {
  const copy = (): void => {
    store.keepCopy(copiesKept).then(
      (path) => log('database copied', { path }),
      // The copy is a second net; a full disk must not take down what serves the first.
      (thrown: unknown) => log('database not copied', { reason: String(thrown) }),
    );
  };
  const first = setTimeout(copy, firstMs);
  const daily = setInterval(copy, dayMs);
  return {
    [Symbol.dispose]() {
      clearTimeout(first);
      clearInterval(daily);
    },
  };
}
