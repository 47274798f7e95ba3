import type { FailurePoints } from './failure-points.ts';

/**
 * Ends this process with SIGKILL when the point of that name is reached for the n-th time: `plan.stored`,
 * `step.executed.instance.start@2`. Only for tests; `main.ts` installs it when the variable is set.
 */
export function killAtFailurePoint(specification: string): FailurePoints {
  const [name = '', count = '1'] = specification.split('@');
  let left = Number.parseInt(count, 10);
  return {
    async reached(point) {
      if (point !== name) return;
      left -= 1;
      if (left !== 0) return;
      process.kill(process.pid, 'SIGKILL');
      // The signal ends every thread, though not necessarily before this one has gone on for a while.
      await new Promise(() => {});
    },
  };
}
