import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { endLeftovers, killLeftovers } from './leftovers.ts';
import { type FileEvents, readEvents, type TestResult } from './test-events.ts';

export interface FileResult {
  readonly path: string;
  readonly ms: number;
  readonly results: readonly TestResult[];
  /** What the file printed, the last part of it. */
  readonly output: string;
  /** Names left in its temporary directory. */
  readonly files: readonly string[];
}

export interface FileRun {
  readonly result: Promise<FileResult>;
  /** Kills the file and all that it started, at once. */
  kill(): void;
}

export interface FileOptions {
  readonly root: string;
  /** An absent directory of its own; removed at the end. */
  readonly directory: string;
  readonly timeoutMs: number;
  /** Runs only tests whose name matches. */
  readonly namePattern: string | undefined;
}

interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly timedOut: boolean;
}

const keptOutput = 64 * 1024;
const leftoverGraceMs = 1500;

/** Runs one test file in a process group of its own, with its own temporary and state directory. */
export function runTestFile(path: string, options: FileOptions): FileRun {
  const { directory, root } = options;
  const temporary = join(directory, 't');
  mkdirSync(temporary, { recursive: true });
  const events = join(directory, 'events');
  const started = performance.now();
  const child = spawn(process.execPath, nodeArguments(path, options), {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment(temporary, events),
  });
  const { pid: group } = child;
  // Never go on without the pid: signalling "group undefined" would reach processes that are not ours.
  if (group === undefined) throw new Error(`cannot start ${process.execPath} for ${path}`);
  const output = collectOutput(child);
  const finish = async (): Promise<FileResult> => {
    const ending = await waitForEnd(child, group, options.timeoutMs);
    const left = await endLeftovers(group, temporary, ending.timedOut ? 0 : leftoverGraceMs);
    const recorded = readEvents(events);
    const problems = ending.timedOut
      ? [timeoutProblem(recorded, options.timeoutMs)]
      : endProblems(ending, recorded);
    if (left.length > 0 && !ending.timedOut) {
      const list = left.map(({ pid, command }) => `  ${pid} ${command}`).join('\n');
      problems.push(failure('leaves processes behind', `These were still running and were killed:\n${list}`));
    }
    const files = readdirSync(temporary);
    rmSync(directory, { recursive: true, force: true });
    const results = [...recorded.results, ...problems];
    return { path, ms: performance.now() - started, results, output: output(), files };
  };
  return {
    result: finish(),
    kill: () => {
      killLeftovers(group, temporary);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function nodeArguments(path: string, { namePattern }: FileOptions): string[] {
  return [
    '--disable-warning=ExperimentalWarning',
    `--import=${join(import.meta.dirname, 'test-preload.mjs')}`,
    `--test-reporter=${join(import.meta.dirname, 'test-reporter.mjs')}`,
    ...(namePattern === undefined ? [] : [`--test-name-pattern=${namePattern}`]),
    path,
  ];
}

/** A test that forgets to set its own state directory must not meet the operator's. */
function environment(temporary: string, events: string): NodeJS.ProcessEnv {
  const inherited = { ...process.env };
  // Node would otherwise report to a runner above this one; colours would change what is asserted on.
  for (const name of ['NODE_TEST_CONTEXT', 'FORCE_COLOR', 'NO_COLOR', 'XDG_STATE_HOME'])
    delete inherited[name];
  return {
    ...inherited,
    TMPDIR: temporary,
    MAINSTAY_HOME: join(temporary, 'home'),
    MAINSTAY_TEST_EVENTS: events,
  };
}

function collectOutput(child: ChildProcess): () => string {
  let text = '';
  const add = (chunk: string): void => {
    text = (text + chunk).slice(-keptOutput);
  };
  child.stdout?.setEncoding('utf8').on('data', add);
  child.stderr?.setEncoding('utf8').on('data', add);
  return () => text.trim();
}

async function waitForEnd(child: ChildProcess, group: number, timeoutMs: number): Promise<Ending> {
  return await new Promise((resolve, reject) => {
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      // The preload answers with what keeps the process alive; a blocked one cannot, hence the delay's limit.
      child.kill('SIGUSR2');
      setTimeout(() => killGroup(group), 300);
    }, timeoutMs);
    child.on('error', reject);
    // Not 'close': a process left behind may hold the output open.
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      setImmediate(() => resolve({ code, signal, timedOut }));
    });
  });
}

function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}

function failure(name: string, detail: string): TestResult {
  return { name, outcome: 'failed', detail };
}

function timeoutProblem({ unfinished, open, complete }: FileEvents, timeoutMs: number): TestResult {
  const running = unfinished.length > 0 ? `Still running: ${unfinished.join(', ')}.` : 'No test was running.';
  const kept = open.length > 0 ? ` Open: ${open.join(', ')}.` : '';
  const advice = unfinished.length === 0 || complete ? ' A test must close all that it opens.' : '';
  return failure(`does not end within ${timeoutMs / 1000} s`, `${running}${kept}${advice}`);
}

function endProblems({ code, signal }: Ending, { results, complete, unfinished }: FileEvents): TestResult[] {
  const hasFailed = results.some(({ outcome }) => outcome === 'failed');
  if (signal !== null) return [failure(`ended by ${signal}`, runningThen(unfinished))];
  if (!complete && !hasFailed)
    return [failure(`ended with exit code ${code} before its tests did`, runningThen(unfinished))];
  if (code !== 0 && !hasFailed) return [failure(`ended with exit code ${code} though no test failed`, '')];
  return [];
}

function runningThen(unfinished: readonly string[]): string {
  return unfinished.length === 0 ? 'No test was running.' : `Running then: ${unfinished.join(', ')}.`;
}
