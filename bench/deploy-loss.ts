import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, faults, writePulse } from './apps/pulse-source.ts';
import { askVersion } from './ask.ts';
import {
  type Benchmark,
  type BenchmarkContext,
  countOption,
  type Figures,
  type Goal,
  type Measured,
} from './benchmark.ts';
import { none } from './goals.ts';
import type { LoadPlan, LoadResult } from './load/load-plan.ts';
import { startLoad } from './load/start-load.ts';
import type { Deployer } from './peers/deployer.ts';
import { MainstayDeployer } from './peers/mainstay-deployer.ts';
import { findNginx } from './peers/nginx-process.ts';
import { NginxReload } from './peers/nginx-reload.ts';
import { StopThenStart } from './peers/stop-then-start.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** Visitors through many deploys, half of them bad: nobody may notice anything. */
export const deployLoss: Benchmark = {
  summary: 'requests lost through good and bad deploys under load, beside stop-then-start and nginx reload',
  options: {
    rate: 'requests per second (200)',
    deploys: 'deploys, every other one bad (20; short 10)',
    only: 'one of mainstay, stop-then-start, nginx',
  },
  async run(context) {
    const only = context.options.get('only');
    const wanted = (name: string): boolean => only === undefined || only === name;
    const nginx = await findNginx();
    const peers: Record<string, Figures> = {};
    let mainstay: Figures = {};
    if (wanted('mainstay'))
      mainstay = await measure(context, 'mainstay', () => MainstayDeployer.open('live'));
    if (wanted('stop-then-start'))
      peers['stopThenStart'] = await measure(context, 'stop-then-start', () => StopThenStart.open());
    if (wanted('nginx') && nginx !== undefined)
      peers['nginxReload'] = await measure(context, 'nginx reload', () => NginxReload.open(nginx));
    return {
      mainstay,
      peers,
      absent: nginx === undefined ? ['nginxReload'] : [],
      goals: wanted('mainstay') ? goalsOf(mainstay) : [],
    } satisfies Measured;
  },
};

/** Load without a deploy, before the first and after each. */
const settleMs = 2000;

interface Planned {
  readonly version: number;
  readonly fault: Fault | null;
}

interface Deployed extends Planned {
  readonly exitCode: number;
  readonly outcome: string;
  readonly seconds: number;
  /** Whether what it claimed is what visitors then got. */
  readonly truthful: boolean;
}

/** Good and bad in turn; the bad ones go through every fault. */
function schedule(count: number): Planned[] {
  return Array.from({ length: count }, (_, index) => ({
    version: index + 2,
    fault: index % 2 === 0 ? null : (faults[((index - 1) / 2) % faults.length] ?? null),
  }));
}

async function measure(
  context: BenchmarkContext,
  name: string,
  open: () => Promise<Deployer>,
): Promise<Figures> {
  await using sources = await temporaryDirectory('bench-pulse');
  await using deployer = await open();
  const source = async ({ version, fault }: Planned): Promise<string> => {
    const directory = join(sources.path, `v${version}`);
    await writePulse(directory, { version, fault, warmUpMs: 0 });
    return directory;
  };
  context.say(`${name}: first release`);
  const first = await deployer.deploy(await source({ version: 1, fault: null }), context.signal);
  if (first.exitCode !== 0) throw new Error(`${name} could not deploy the first release: ${first.outcome}`);

  await using load = await startLoad(planOf(context, deployer));
  const deploys: Deployed[] = [];
  let serving = 1;
  await sleep(settleMs, undefined, { signal: context.signal });
  for (const planned of schedule(countOption(context, 'deploys', context.short ? 10 : 20))) {
    const deployed = await deployOne(deployer, planned, await source(planned), serving, context.signal);
    deploys.push(deployed);
    if (deployed.exitCode === 0) serving = planned.version;
    context.say(`${name}: ${describe(deployed)}`);
    await sleep(settleMs, undefined, { signal: context.signal });
  }
  const result = await load.finish();
  return figuresOf(result, deploys);
}

function planOf(context: BenchmarkContext, { port, host }: Deployer): LoadPlan {
  return {
    port,
    host,
    requestsPerSecond: countOption(context, 'rate', 200),
    slowShare: 0.005,
    slowMs: 10_000,
    postShare: 0.2,
    webSockets: 20,
    seed: 7,
  };
}

async function deployOne(
  deployer: Deployer,
  planned: Planned,
  directory: string,
  serving: number,
  signal: AbortSignal,
): Promise<Deployed> {
  const startedAt = performance.now();
  const claim = await deployer.deploy(directory, signal);
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  const seen = await versionsServing(deployer);
  const claimed = claim.exitCode === 0 ? planned.version : serving;
  const truthful = (claim.exitCode === 0) === (planned.fault === null) && seen === String(claimed);
  return { ...planned, ...claim, seconds, truthful };
}

/** What twenty visitors in a row get. */
async function versionsServing({ port, host }: Deployer): Promise<string> {
  const seen = new Set<number | undefined>();
  for (let count = 0; count < 20; count += 1) seen.add(await askVersion(port, host));
  return [...seen].join(', ');
}

/** A release that failed before visitors could be sent to it must never have answered one. */
function strayAnswers(result: LoadResult, deploys: readonly Deployed[]): number {
  const hidden = deploys.filter(({ fault }) => fault !== null && fault !== 'dies-in-watch');
  return result.versions
    .filter(({ version }) => hidden.some((deployed) => deployed.version === version))
    .reduce((sum, { answers }) => sum + answers, 0);
}

function figuresOf(result: LoadResult, deploys: readonly Deployed[]): Figures {
  const { lost, wrong, sent, longestGapMs, webSocketsCut, versions: _versions, ...more } = result;
  const stray = strayAnswers(result, deploys);
  return {
    lost,
    wrong,
    sent,
    longestGapMs,
    webSocketsCut,
    ...more,
    answersOfBadReleases: stray,
    deploys: deploys.length,
    untruthful: deploys.filter(({ truthful }) => !truthful).length,
    story: deploys.map((deployed) => describe(deployed)),
  };
}

function describe({ version, fault, exitCode, outcome, seconds, truthful }: Deployed): string {
  return `v${version} ${fault ?? 'good'}: ${outcome}, exit ${exitCode}, ${seconds} s${truthful ? '' : ', UNTRUTHFUL'}`;
}

function goalsOf({ lost, wrong, answersOfBadReleases, untruthful }: Figures): Goal[] {
  return [
    none('requests lost', lost),
    none('wrong answers', wrong),
    none('answers of releases that must not serve', answersOfBadReleases),
    none('deploys whose exit code does not tell the truth', untruthful),
  ];
}
