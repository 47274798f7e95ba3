import { instant, millis } from '../../core/units.ts';
import { readIngressOptions } from './ingress-options.ts';
import { runIngress } from './run-ingress.ts';

/** The entry of ingress processes in tests and benchmarks. */
const stop = new AbortController();
// One whose test was killed would stay for ever.
setTimeout(() => process.exit(1), 15 * 60_000).unref();
process.on('SIGTERM', () => stop.abort());
const clock = { now: () => instant(Date.now()), monotonic: () => millis(performance.now()) };
await runIngress(await readIngressOptions(process.argv[2] ?? ''), clock, stop.signal);
process.exit(0);
