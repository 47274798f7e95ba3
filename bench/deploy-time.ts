import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writePulse } from './apps/pulse-source.ts';
import {
  type Benchmark,
  type BenchmarkContext,
  countOption,
  type Figures,
  type Goal,
  median,
} from './benchmark.ts';
import { atMost, none } from './goals.ts';
import { VersionPoll } from './load/version-poll.ts';
import type { Deployer } from './peers/deployer.ts';
import { MainstayDeployer } from './peers/mainstay-deployer.ts';
import { StopThenStart } from './peers/stop-then-start.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const warmUpMs = 1500;
const goalMs = 1900;

/** How long a deploy takes whose application needs 1.5 s until it can answer. */
export const deployTime: Benchmark = {
  summary: 'time from the start of `mainstay deploy` to the first new answer, the last old one, and the exit',
  options: { deploys: 'deploys of which the median is taken (7; short 3)' },
  async run(context) {
    const mainstay = await measure(context, 'mainstay', () => MainstayDeployer.open('timed'));
    const stopThenStart = await measure(context, 'stop-then-start', () => StopThenStart.open());
    // kamal-proxy is in no package here; what is known of it was measured elsewhere and stands in the documents.
    return { mainstay, peers: { stopThenStart }, absent: ['kamalProxy'], goals: goalsOf(mainstay) };
  },
};

interface Times {
  readonly firstNewResponseMs: number;
  readonly lastOldResponseMs: number;
  readonly exitMs: number;
  readonly failed: number;
}

async function measure(
  context: BenchmarkContext,
  name: string,
  open: () => Promise<Deployer>,
): Promise<Figures> {
  await using sources = await temporaryDirectory('bench-pulse');
  await using deployer = await open();
  const source = async (version: number): Promise<string> => {
    const directory = join(sources.path, `v${version}`);
    await writePulse(directory, { version, fault: null, warmUpMs });
    return directory;
  };
  await deployOrFail(deployer, await source(1), context.signal);
  const all: Times[] = [];
  const deploys = countOption(context, 'deploys', context.short ? 3 : 7);
  for (let version = 2; version < 2 + deploys; version += 1) {
    const times = await timeOne(deployer, await source(version), version, context.signal);
    all.push(times);
    context.say(
      `${name}: first new answer after ${Math.round(times.firstNewResponseMs)} ms, exit after ${Math.round(times.exitMs)} ms`,
    );
  }
  return {
    firstNewResponseMs: median(all.map((times) => times.firstNewResponseMs)),
    exitMs: median(all.map((times) => times.exitMs)),
    lastOldResponseMs: median(all.map((times) => times.lastOldResponseMs)),
    failed: all.reduce((sum, times) => sum + times.failed, 0),
    deploys: all.length,
    firstNewResponses: all.map((times) => Math.round(times.firstNewResponseMs)),
  };
}

async function timeOne(
  deployer: Deployer,
  directory: string,
  version: number,
  signal: AbortSignal,
): Promise<Times> {
  using poll = new VersionPoll(deployer.port, deployer.host);
  await sleep(1000, undefined, { signal });
  const startedAt = performance.now();
  await deployOrFail(deployer, directory, signal);
  const exitMs = performance.now() - startedAt;
  await sleep(500, undefined, { signal });
  const { first } = poll.timesOf(version);
  const { last } = poll.timesOf(version - 1);
  if (first === undefined || last === undefined)
    throw new Error(`Version ${version} or the one before never answered.`);
  return {
    firstNewResponseMs: first - startedAt,
    lastOldResponseMs: Math.max(0, last - startedAt),
    exitMs,
    failed: poll.failed,
  };
}

async function deployOrFail(deployer: Deployer, directory: string, signal: AbortSignal): Promise<void> {
  const { exitCode, outcome } = await deployer.deploy(directory, signal);
  if (exitCode !== 0) throw new Error(`A good release could not be deployed (exit ${exitCode}): ${outcome}`);
}

function goalsOf({ firstNewResponseMs, failed }: Figures): Goal[] {
  const what =
    'start of the command to first new answer (kamal-proxy’s deploy alone, measured elsewhere: 2040 ms)';
  return [atMost(what, firstNewResponseMs, goalMs, 'ms'), none('requests that failed meanwhile', failed)];
}
