import { globSync } from 'node:fs';

export interface Suite {
  readonly files: readonly string[];
  /** For one file. */
  readonly timeoutMs: number;
  /** Files at a time; undefined means one for each core. */
  readonly concurrency?: number;
}

const minute = 60_000;

/** The sets that `npm run test:NAME` runs; `npm test` runs unit and integration. */
export const suites: Readonly<Record<string, Suite>> = {
  unit: {
    files: ['src/**/*.test.ts', 'tools/**/*.test.ts', 'bench/**/*.test.ts', 'examples/*/test/*.test.js'],
    timeoutMs: minute,
  },
  integration: { files: ['tests/integration/**/*.test.ts'], timeoutMs: 3 * minute },
  system: { files: ['tests/system/**/*.test.ts'], timeoutMs: 5 * minute, concurrency: 1 },
  crash: { files: ['tests/crash/**/*.test.ts'], timeoutMs: 30 * minute },
  fuzz: { files: ['tests/fuzz/**/*.test.ts'], timeoutMs: 15 * minute },
  browser: { files: ['tests/browser/**/*.test.ts'], timeoutMs: 5 * minute, concurrency: 1 },
};

export function findTestFiles(root: string, suite: Suite): string[] {
  return globSync([...suite.files], { cwd: root, exclude: ['**/node_modules/**', '**/fixtures/**'] }).sort();
}
