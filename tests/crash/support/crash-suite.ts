import { after, suite, test } from 'node:test';
import type { BenchOptions, CrashBench } from './crash-bench.ts';
import { openBench } from './crash-bench.ts';
import { type CrashPlan, runCrash } from './crash-run.ts';

export interface NamedCrash {
  readonly name: string;
  readonly plan: CrashPlan;
  /** Crashes that agree on this use one Mainstay after the other. */
  readonly bench: BenchOptions;
}

/** So many crashes one Mainstay must survive before a fresh one takes its place. */
const crashesEach = 15;

/** Makes one test of each crash. After a failure the next one begins with a fresh Mainstay. */
export function crashSuite(name: string, crashes: readonly NamedCrash[]): void {
  suite(name, () => {
    let bench: CrashBench | undefined;
    let options: string | undefined;
    let crashesLeft = 0;
    const close = async () => {
      const closing = bench;
      bench = undefined;
      await closing?.[Symbol.asyncDispose]();
    };
    after(close);
    for (const crash of crashes)
      test(crash.name, async () => {
        const wanted = JSON.stringify(crash.bench);
        if (crashesLeft === 0 || options !== wanted) {
          await close();
          crashesLeft = crashesEach;
          options = wanted;
        }
        bench ??= await openBench(crash.bench);
        crashesLeft -= 1;
        try {
          await runCrash(bench, crash.plan);
        } catch (error) {
          crashesLeft = 0;
          // What went wrong first counts; that it cannot be ended cleanly follows from it.
          await close().catch(() => undefined);
          throw error;
        }
      });
  });
}
