import { parseArgs } from 'node:util';
import type { Benchmark, BenchmarkContext, Measured } from './benchmark.ts';
import { describeMachine } from './machine.ts';
import { reportLines } from './report.ts';

/** Loaded when asked for, so that one benchmark does not carry the others. */
const benchmarks: Readonly<Record<string, () => Promise<Benchmark>>> = {
  'deploy-loss': async () => (await import('./deploy-loss.ts')).deployLoss,
  'deploy-time': async () => (await import('./deploy-time.ts')).deployTime,
  footprint: async () => (await import('./footprint.ts')).footprint,
  ingress: async () => (await import('./ingress.ts')).ingress,
  scale: async () => (await import('./scale.ts')).scale,
};

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const { name, json, short, options } = readArguments(argv);
  const load = name === undefined ? undefined : benchmarks[name];
  if (name === undefined || load === undefined) {
    process.stderr.write(await usage());
    return 2;
  }
  const benchmark = await load();
  const unknown = [...options.keys()].find((option) => !Object.hasOwn(benchmark.options, option));
  if (unknown !== undefined) {
    process.stderr.write(`${name} has no option --${unknown}.\n\n${await usage()}`);
    return 2;
  }
  const measured = await runToEnd(benchmark, { short, options });
  if (measured === undefined) return 130;
  if (json) process.stdout.write(`${JSON.stringify(documentOf(name, measured))}\n`);
  else process.stdout.write(`${reportLines(name, describeMachine(), measured).join('\n')}\n`);
  return measured.goals.some(({ correctness, met }) => correctness && !met) ? 1 : 0;
}

/** Undefined when a person pressed Ctrl-C; everything that was started is gone by then. */
async function runToEnd(
  benchmark: Benchmark,
  wish: Pick<BenchmarkContext, 'short' | 'options'>,
): Promise<Measured | undefined> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  const startedAt = performance.now();
  const say = (line: string): void => {
    process.stderr.write(`${((performance.now() - startedAt) / 1000).toFixed(0).padStart(5)} s  ${line}\n`);
  };
  try {
    return await benchmark.run({ ...wish, say, signal: stop.signal });
  } catch (error) {
    if (stop.signal.aborted) return undefined;
    throw error;
  }
}

function documentOf(name: string, { mainstay, peers, absent, goals }: Measured): object {
  return { benchmark: name, machine: describeMachine(), mainstay, ...peers, absent, goals };
}

interface Arguments {
  readonly name: string | undefined;
  readonly json: boolean;
  readonly short: boolean;
  readonly options: ReadonlyMap<string, string>;
}

/** Options of a benchmark are not known before it is loaded: each takes one value. */
function readArguments(argv: readonly string[]): Arguments {
  const { tokens } = parseArgs({ args: [...argv], strict: false, tokens: true, allowPositionals: true });
  const words: string[] = [];
  const options = new Map<string, string>();
  const flags = new Set<string>();
  for (const [index, token] of tokens.entries()) {
    const before = tokens[index - 1];
    if (token.kind === 'option') {
      if (token.name === 'json' || token.name === 'short') flags.add(token.name);
      else options.set(token.name, token.value ?? '');
    } else if (token.kind === 'positional') {
      const isValue = before?.kind === 'option' && options.get(before.name) === '';
      if (isValue) options.set(before.name, token.value);
      else words.push(token.value);
    }
  }
  const short = flags.has('short') || process.env['MAINSTAY_BENCH_SHORT'] === '1';
  return { name: words[0], json: flags.has('json'), short, options };
}

async function usage(): Promise<string> {
  const lines = ['Usage: npm run bench -- NAME [--json] [--short] [options]', ''];
  for (const [name, load] of Object.entries(benchmarks)) {
    const { summary, options } = await load();
    lines.push(`  ${name.padEnd(12)} ${summary}`);
    for (const [option, meaning] of Object.entries(options))
      lines.push(`    --${option.padEnd(10)} ${meaning}`);
  }
  lines.push('', 'With --json the last line is one JSON document. MAINSTAY_BENCH_SHORT=1 means --short.', '');
  return lines.join('\n');
}
