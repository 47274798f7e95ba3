import {
  type Benchmark,
  type BenchmarkContext,
  type Figures,
  type Goal,
  median,
  round,
} from './benchmark.ts';
import { atMost } from './goals.ts';
import { OwnMainstay } from './own-mainstay.ts';
import { environmentNames } from './scale-records/fleet-app.ts';
import { appName, populate, releasesOfAnApp } from './scale-records/populate.ts';

const sizes = [100, 300, 1000] as const;
const goalPlanMs = 50;
const goalStatusMs = 300;
/** Ten times as many may take ten times as long, and a little for the noise of small figures. */
const goalGrowth = 12;

/** How the control plane bears many environments. */
export const scale: Benchmark = {
  summary: 'plan and status with 100, 300 and 1,000 environments of 3 services in the records',
  options: {},
  async run(context) {
    await using mainstay = await OwnMainstay.open();
    const bySize: Record<string, Figures> = {};
    let before = 0;
    for (const size of sizes) {
      await mainstay.stop();
      await populate(mainstay.home, before, size);
      before = size;
      bySize[String(size)] = await measure(context, mainstay, size);
      context.say(`${size} environments: ${JSON.stringify(bySize[String(size)])}`);
    }
    const figures = summarise(bySize);
    return { mainstay: figures, peers: {}, absent: [], goals: goalsOf(figures) };
  },
};

async function measure(context: BenchmarkContext, mainstay: OwnMainstay, size: number): Promise<Figures> {
  // Starts the control plane, which is not part of the times below.
  await mainstay.must(['status'], '/', context.signal);
  const runs = context.short ? 10 : 20;
  const plans = await times(context, runs * 3, (run) => plan(mainstay, run, size));
  const statuses = await times(context, runs, () => expectAll(mainstay.call('GET', '/v1/status'), size));
  const commands = await times(context, runs, () => mainstay.must(['status'], '/', context.signal));
  return {
    planMs: median(plans),
    slowestPlanMs: round(Math.max(...plans)),
    statusMs: median(commands),
    statusApiMs: median(statuses),
  };
}

async function times(
  context: BenchmarkContext,
  runs: number,
  work: (run: number) => Promise<unknown>,
): Promise<number[]> {
  const all: number[] = [];
  // The first few are not counted: code that was never run is slow once.
  for (let run = -3; run < runs; run += 1) {
    context.signal.throwIfAborted();
    const startedAt = performance.now();
    await work(run + 3);
    if (run >= 0) all.push(performance.now() - startedAt);
  }
  return all;
}

/** Plans a deploy of the older release, each time to another environment. */
function plan(mainstay: OwnMainstay, run: number, size: number): Promise<unknown> {
  const index = (run * 37) % size;
  const app = appName(Math.floor(index / environmentNames.length));
  const environment = `${app}/${environmentNames[index % environmentNames.length] ?? ''}`;
  const release = `r${releasesOfAnApp - 1}`;
  return mainstay.call('POST', '/v1/plans', {
    kind: 'deploy',
    environment,
    source: null,
    release,
    force: null,
  });
}

async function expectAll(answer: Promise<unknown>, size: number): Promise<void> {
  const { environments } = (await answer) as { readonly environments: readonly unknown[] };
  if (environments.length !== size)
    throw new Error(`Status shows ${environments.length} environments, not ${size}.`);
}

function summarise(bySize: Readonly<Record<string, Figures>>): Figures {
  const most = bySize[String(sizes.at(-1))] ?? {};
  const least = bySize[String(sizes[0])] ?? {};
  return {
    ...most,
    environments: sizes.at(-1) ?? 0,
    statusGrowth: round(Number(most['statusApiMs']) / Number(least['statusApiMs'])),
    planGrowth: round(Number(most['planMs']) / Number(least['planMs'])),
    at: bySize,
  };
}

function goalsOf({ planMs, statusMs, statusGrowth }: Figures): Goal[] {
  return [
    atMost('one plan', planMs, goalPlanMs, 'ms'),
    atMost('`mainstay status` of all, from start to end', statusMs, goalStatusMs, 'ms'),
    atMost('status of 1,000 against 100', statusGrowth, goalGrowth, 'times'),
  ];
}
