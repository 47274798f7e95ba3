import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, constants, tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type FileResult, type FileRun, runTestFile } from './test-file.ts';
import { printFile, printSummary } from './test-report.ts';
import { findTestFiles, suites } from './test-suites.ts';
import { readTimes, writeTimes } from './test-times.ts';

const usage = `Usage: npm test -- [options] [part of a file's path …]
  --suite=NAME      one of ${Object.keys(suites).join(', ')}; may be repeated
  --name=PATTERN    only tests whose name matches
  --concurrency=N   files at a time (default: one for each core)
  --timeout=S       seconds for one file
`;

interface Work {
  readonly path: string;
  readonly timeoutMs: number;
  readonly concurrency: number;
}

/** Runs the test files under `root` that the arguments choose; resolves to the exit code. */
export async function runTests(root: string, args: readonly string[]): Promise<number> {
  const options = readArguments(args);
  if (typeof options === 'string') {
    process.stdout.write(`${options}${usage}`);
    return options === '' ? 0 : 2;
  }
  const { values, positionals } = options;
  const filters = positionals.map((part) => relative(root, resolve(part)));
  const work = collectWork(root, values.suite, filters).map((item) => ({
    path: item.path,
    timeoutMs: values.timeout === undefined ? item.timeoutMs : Number(values.timeout) * 1000,
    concurrency: values.concurrency === undefined ? item.concurrency : Number(values.concurrency),
  }));
  if (work.length === 0) {
    const filter = filters.length > 0 ? ` whose path contains ${filters.join(' or ')}` : '';
    process.stdout.write(
      `No test file${filter} in ${values.suite.join(', ')}.\n0 passed, 0 failed, 0 skipped\n`,
    );
    return 1;
  }
  const results = await runAll(root, work, values.name);
  if (values.name === undefined) writeTimes(root, results);
  return printSummary(results) ? 0 : 1;
}

/** What the arguments say, or what is wrong with them; the empty string asks for help. */
function readArguments(args: readonly string[]) {
  try {
    const parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        suite: { type: 'string', multiple: true, default: ['unit', 'integration'] },
        name: { type: 'string' },
        concurrency: { type: 'string' },
        timeout: { type: 'string' },
        help: { type: 'boolean' },
      },
    });
    const unknown = parsed.values.suite.find((name) => !Object.hasOwn(suites, name));
    if (unknown !== undefined) return `There is no suite "${unknown}".\n`;
    return parsed.values.help === true ? '' : parsed;
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n`;
  }
}

/** The longest files first, so that the last ones to end are short. */
function collectWork(root: string, names: readonly string[], filters: readonly string[]): Work[] {
  const times = readTimes(root);
  const wanted = (path: string): boolean =>
    filters.length === 0 || filters.some((part) => path.includes(part));
  return [...new Set(names)]
    .flatMap((name) => {
      const suite = suites[name];
      if (suite === undefined) return [];
      const { timeoutMs, concurrency = availableParallelism() } = suite;
      return findTestFiles(root, suite)
        .filter(wanted)
        .map((path) => ({ path, timeoutMs, concurrency }));
    })
    .sort((a, b) => (times[b.path] ?? Infinity) - (times[a.path] ?? Infinity) || (a.path < b.path ? -1 : 1));
}

async function runAll(
  root: string,
  work: readonly Work[],
  namePattern: string | undefined,
): Promise<FileResult[]> {
  const base = mkdtempSync(join(tmpdir(), 'mt-'));
  const running = new Set<FileRun>();
  const release = endOnSignals(running, base);
  const results: FileResult[] = [];
  const runOne = async ({ path, timeoutMs }: Work): Promise<void> => {
    const directory = join(base, String(results.length + running.size));
    const run = runTestFile(path, { root, directory, timeoutMs, namePattern });
    running.add(run);
    const result = await run.result;
    running.delete(run);
    results.push(result);
    printFile(result);
  };
  try {
    // Files that bear no company come after those that run side by side.
    for (const width of [...new Set(work.map(({ concurrency }) => concurrency))].sort((a, b) => b - a)) {
      const waiting = work.filter(({ concurrency }) => concurrency === width);
      const worker = async (): Promise<void> => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await runOne(next);
      };
      await Promise.all(Array.from({ length: Math.min(width, waiting.length) }, worker));
    }
  } finally {
    release();
    for (const run of running) run.kill();
    rmSync(base, { recursive: true, force: true });
  }
  return results;
}

/** However this process is asked to end, what it started ends before it. Returns the function that undoes this. */
function endOnSignals(running: ReadonlySet<FileRun>, base: string): () => void {
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const end = (signal: (typeof names)[number]): void => {
    for (const run of running) run.kill();
    rmSync(base, { recursive: true, force: true });
    process.exit(128 + constants.signals[signal]);
  };
  for (const name of names) process.on(name, end);
  return () => {
    for (const name of names) process.off(name, end);
  };
}
