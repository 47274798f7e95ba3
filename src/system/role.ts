import { systemClock } from './clock.ts';

/** Aborts when this process is asked to end. Losing its terminal is no reason to. */
export function roleSignal(): AbortSignal {
  const ending = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const)
    process.on(name, () => ending.abort(new Error(`ended by ${name}`)));
  process.on('SIGHUP', () => undefined);
  return ending.signal;
}

/** The maintainers' log of a role: one JSON document a line on standard error. */
export function writeLog(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
  const at = new Date(systemClock.now()).toISOString();
  process.stderr.write(`${JSON.stringify({ at, message, ...fields })}\n`);
}
