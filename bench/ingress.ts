import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Benchmark, BenchmarkContext, Figures, Goal } from './benchmark.ts';
import { countOption, median } from './benchmark.ts';
import { atMost } from './goals.ts';
import { LoadGenerator, p99 } from './ingress/open-loop.ts';
import type { RunningProxy } from './ingress/proxies.ts';
import { startCaddy, startMainstay, startNginx, startUpstream, versionOf } from './ingress/proxies.ts';

const connections = 32;
const perSecond = 1000;
/** So short that a burst of other work on the machine falls on few of them. */
const sliceMs = 1000;
const execute = promisify(execFile);

/** The embedded ingress with everything on, beside the proxies that are installed, before the same upstream. */
export const ingress: Benchmark = {
  summary: 'requests a second over 32 connections, and the p99 latency added at 1,000 requests a second',
  options: {
    seconds: 'seconds of each measurement of throughput (5; short 2)',
    rounds: 'measurements of throughput of each proxy, in turn; the median counts (3)',
    slices: 'seconds of latency measured for each proxy, in turn; the median counts (15; short 5)',
  },
  async run(context) {
    await using stack = new AsyncDisposableStack();
    const upstream = stack.use(await startUpstream());
    const started = [
      await startMainstay(upstream.port, context.signal),
      await startCaddy(upstream.port, context.signal),
      await startNginx(upstream.port, context.signal),
    ];
    const proxies = started.filter((proxy) => proxy !== undefined).map((proxy) => stack.use(proxy));
    const wrk = (await versionOf('wrk', '-v')) !== undefined;
    const rates = await measureThroughput(context, proxies, wrk);
    const tails = await measureLatency(context, upstream, proxies);
    const figures = ({ name, version }: RunningProxy): Figures => ({
      ...(version === '' ? {} : { version }),
      requestsPerSecond: Math.round(rates.get(name) ?? Number.NaN),
      addedP99Ms: tails.get(name) ?? Number.NaN,
    });
    const [own, ...others] = proxies;
    if (own === undefined) throw new Error('The ingress does not run.');
    const peers = Object.fromEntries(others.map((proxy) => [proxy.name, figures(proxy)]));
    const mainstay = {
      ...figures(own),
      load: wrk ? 'wrk' : 'built-in',
      directP99Ms: tails.get('upstream') ?? null,
    };
    const absent = ['caddy', 'nginx'].filter((name) => peers[name] === undefined);
    return {
      mainstay,
      peers,
      absent: wrk ? absent : [...absent, 'wrk'],
      goals: goalsOf(mainstay, peers['caddy']),
    };
  },
};

async function measureThroughput(
  context: BenchmarkContext,
  proxies: readonly RunningProxy[],
  wrk: boolean,
): Promise<ReadonlyMap<string, number>> {
  const seconds = countOption(context, 'seconds', context.short ? 2 : 5);
  const rounds = countOption(context, 'rounds', 3);
  const samples = new Map<string, number[]>(proxies.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const { name, port } of proxies) {
      const rate = await (wrk ? askWrk : askOurselves)(port, seconds, context.signal);
      samples.get(name)?.push(rate);
      context.say(`round ${round} of ${rounds}: ${name} ${Math.round(rate)} requests/s`);
    }
  }
  return new Map([...samples].map(([name, values]) => [name, median(values)]));
}

async function askWrk(port: number, seconds: number, signal: AbortSignal): Promise<number> {
  const args = ['-t2', `-c${connections}`, `-d${seconds}`, `http://127.0.0.1:${port}/`];
  const { stdout } = await execute('wrk', args, { signal });
  const bad = /Non-2xx[^\n]*|Socket errors[^\n]*/.exec(stdout);
  if (bad !== null) throw new Error(`wrk on port ${port}: ${bad[0]}`);
  return Number.parseFloat(/Requests\/sec:\s*([\d.]+)/.exec(stdout)?.[1] ?? '0');
}

async function askOurselves(port: number, seconds: number, signal: AbortSignal): Promise<number> {
  using generator = await LoadGenerator.open(port, connections);
  return await generator.closedLoop(seconds * 1000, signal);
}

/**
 * What each proxy adds to the p99 latency: measured in slices, the upstream alone and every proxy in turn, so
 * that whatever else the machine does falls on all alike. Under `upstream`, the p99 without a proxy.
 */
async function measureLatency(
  context: BenchmarkContext,
  upstream: RunningProxy,
  proxies: readonly RunningProxy[],
): Promise<ReadonlyMap<string, number>> {
  const slices = countOption(context, 'slices', context.short ? 5 : 15);
  using stack = new DisposableStack();
  const targets: { readonly name: string; readonly generator: LoadGenerator; readonly tails: number[] }[] =
    [];
  for (const { name, port } of [upstream, ...proxies]) {
    targets.push({ name, generator: stack.use(await LoadGenerator.open(port, connections)), tails: [] });
  }
  for (let slice = 0; slice < slices; slice += 1) {
    for (const { generator, tails } of targets) {
      tails.push(p99(await generator.openLoop(perSecond, sliceMs, context.signal)));
    }
  }
  const direct = targets[0]?.tails ?? [];
  const added = targets.map(({ name, tails }): [string, number] => {
    const differences = tails.map((tail, slice) =>
      name === upstream.name ? tail : tail - (direct[slice] ?? 0),
    );
    return [name, hundredths(differences)];
  });
  context.say(
    `latency at ${perSecond} requests/s: ${added.map(([name, ms]) => `${name} ${ms} ms`).join(', ')}`,
  );
  return new Map(added);
}

/** The median, to a hundredth: what is measured lies well below one millisecond. */
function hundredths(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.floor(sorted.length / 2)] ?? Number.NaN) * 100) / 100;
}

function goalsOf(mainstay: Figures, caddy: Figures | undefined): readonly Goal[] {
  const goals = [atMost('added p99', mainstay['addedP99Ms'], 1, 'ms')];
  if (caddy === undefined) return goals;
  const times = Number(mainstay['requestsPerSecond']) / Number(caddy['requestsPerSecond']);
  return [
    {
      what: 'throughput beside Caddy',
      wanted: '>= 2 times',
      reached: `${times.toFixed(2)} times`,
      met: times >= 2,
      correctness: false,
    },
    ...goals,
  ];
}
