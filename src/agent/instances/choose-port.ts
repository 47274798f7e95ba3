import { randomInt } from 'node:crypto';
import { Failure } from '../../core/failure.ts';
import { findPortHolder, readListeners } from '../../system/listening-ports.ts';

/** Below the range from which the kernel takes the local ports of outgoing connections. */
const lowest = 20_000;
const highest = 32_000;

/**
 * A loopback port that nobody listens on and that is not spoken for. `preferred` is kept when it is still
 * free, so that a restart need not move the routes.
 */
export function choosePort(spokenFor: ReadonlySet<number>, preferred: number | null): number {
  const taken = new Set(readListeners().map(({ port }) => port));
  if (preferred !== null && !taken.has(preferred) && !spokenFor.has(preferred)) return preferred;
  for (let attempt = 0; attempt < 10_000; attempt += 1) {
    const port = randomInt(lowest, highest);
    if (!taken.has(port) && !spokenFor.has(port)) return port;
  }
  throw new Failure('port-taken', `No port between ${lowest} and ${highest} is free on this host.`, {
    retryable: true,
  });
}

/** Throws `port-taken`, naming the process, when somebody listens there already. */
export function requireFreePort(port: number, forWhat: string): void {
  if (!readListeners().some((listener) => listener.port === port)) return;
  const holder = findPortHolder(port);
  const by = holder === undefined ? 'a process of another user' : `${holder.name} (pid ${holder.pid})`;
  throw new Failure('port-taken', `Cannot start ${forWhat}: port ${port} is held by ${by}.`, {
    hint: 'Stop that process, or give the service another port in mainstay.yaml.',
    retryable: true,
    details: { port, ...(holder === undefined ? {} : { pid: holder.pid, process: holder.name }) },
  });
}

/** Whether somebody else listens on a port that an instance was given and has just left. */
export function wasTakenMeanwhile(port: number): boolean {
  return findPortHolder(port) !== undefined;
}
