import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';
import type { Exception } from './exceptions.ts';
import { applyExceptions, ownChecks } from './own-checks.ts';
import { type Problem, readSourceFiles } from './source-file.ts';

interface Outcome {
  readonly name: string;
  /** Lines as a person reads them; empty when all is well. */
  readonly problems: readonly string[];
  readonly seconds: number;
  /** What to do about them, where one command does it. */
  readonly hint?: string;
}

interface Tool {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Picks the problems out of what the tool printed. */
  readonly read: (output: string) => string[];
  readonly hint?: string;
}

const lines = (output: string): string[] => output.split('\n').filter((line) => line.trim() !== '');

const tools: readonly Tool[] = [
  { name: 'types', command: 'tsc', args: ['-p', '.', '--pretty', 'false'], read: lines },
  {
    name: 'lint',
    command: 'oxlint',
    args: ['--format=unix'],
    read: (output) => lines(output).filter((line) => !/^\d+ problems?$/.test(line)),
  },
  {
    name: 'dead code',
    command: 'knip',
    args: ['--no-progress', '--no-config-hints', '--reporter=compact'],
    // "path: path" says nothing twice.
    read: (output) => lines(output).map((line) => line.replace(/^(.+): \1$/, '$1')),
  },
  {
    name: 'format',
    command: 'biome',
    args: ['check', '--reporter=json', '--max-diagnostics=none'],
    read: readBiome,
    hint: 'npm run format puts format and imports right.',
  },
];

/** Runs every check over the project at `root`, prints one report, and resolves to the exit code. */
export async function runChecks(root: string, allowed: readonly Exception[]): Promise<number> {
  const started = performance.now();
  const waiting = [...tools];
  const running: Promise<Outcome[]>[] = [];
  const worker = async (): Promise<Outcome[]> => {
    const done: Outcome[] = [];
    for (let tool = waiting.shift(); tool !== undefined; tool = waiting.shift()) {
      const outcome = await runTool(root, tool);
      print(outcome);
      done.push(outcome);
    }
    return done;
  };
  for (let index = 0; index < Math.max(2, availableParallelism()); index += 1) running.push(worker());
  const own = runOwnChecks(root, allowed);
  own.forEach(print);
  const outcomes = [...own, ...(await Promise.all(running)).flat()];
  const failed = outcomes.filter(({ problems }) => problems.length > 0);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(
    failed.length === 0
      ? `\nAll ${outcomes.length} checks passed in ${seconds} s.\n`
      : `\nNot passed: ${failed.map(({ name }) => name).join(', ')} (${seconds} s).\n`,
  );
  return failed.length === 0 ? 0 : 1;
}

function runOwnChecks(root: string, allowed: readonly Exception[]): Outcome[] {
  const files = readSourceFiles(root);
  const found = ownChecks.map(({ name, run }) => {
    const started = performance.now();
    return { name, problems: run(files), seconds: (performance.now() - started) / 1000 };
  });
  const { remaining, stale } = applyExceptions(
    found.flatMap(({ problems }) => problems),
    allowed,
  );
  return found.map(({ name, problems, seconds }, index) => ({
    name,
    seconds,
    problems: [
      ...problems.filter((problem) => remaining.includes(problem)),
      ...(index === 0 ? stale : []),
    ].map(show),
  }));
}

function show({ rule, path, line, message }: Problem): string {
  return `${path}${line > 0 ? `:${line}` : ''}: ${message} [${rule}]`;
}

/** Runs one tool to its end. A tool that cannot start, or fails without saying why, is a problem too. */
async function runTool(root: string, tool: Tool): Promise<Outcome> {
  const started = performance.now();
  const child = spawn(join(import.meta.dirname, '..', 'node_modules', '.bin', tool.command), tool.args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ending = await new Promise<number | string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'no exit code'));
  });
  let problems = ending === 0 ? [] : tool.read(output);
  if (ending !== 0 && problems.length === 0) {
    problems = [`${tool.command} ended with ${ending}`, ...lines(errors), ...lines(output)];
  }
  const seconds = (performance.now() - started) / 1000;
  return { name: tool.name, problems, seconds, ...(tool.hint === undefined ? {} : { hint: tool.hint }) };
}

function readBiome(output: string): string[] {
  const start = output.indexOf('{');
  if (start === -1) return [];
  // The shape is that of biome's JSON reporter, pinned with biome itself.
  const report = JSON.parse(output.slice(start)) as {
    readonly diagnostics: readonly {
      readonly severity: string;
      readonly category: string;
      readonly message: string;
      readonly location: { readonly path: string; readonly start: { readonly line: number } };
    }[];
  };
  return report.diagnostics
    .filter(({ severity }) => severity === 'error' || severity === 'fatal')
    .map(({ category, location, message }) =>
      category === 'format'
        ? `${location.path}: not formatted`
        : `${location.path}:${location.start.line}: ${message} [${category}]`,
    );
}

function print({ name, problems, seconds, hint }: Outcome): void {
  const time = styleText('dim', `${seconds.toFixed(1)} s`);
  if (problems.length === 0) {
    process.stdout.write(`${styleText('green', '✓')} ${name} ${time}\n`);
    return;
  }
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  process.stdout.write(`${styleText('red', '✗')} ${name}: ${count} ${time}\n`);
  for (const problem of problems) process.stdout.write(`    ${problem}\n`);
  if (hint !== undefined) process.stdout.write(`    ${styleText('dim', hint)}\n`);
}
