import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { writePulse } from './apps/pulse-source.ts';
import {
  type Benchmark,
  type BenchmarkContext,
  countOption,
  type Figures,
  type Goal,
  median,
  round,
} from './benchmark.ts';
import { atMost } from './goals.ts';
import { OwnMainstay, program } from './own-mainstay.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const goalMb = 150;

/** What Mainstay costs while nothing happens, and how long a person waits for a short command. */
export const footprint: Benchmark = {
  summary: 'memory of control, agent and ingress at rest; start-up time; time of `mainstay status`',
  options: {
    idle: 'seconds of rest before memory is read (30; short 5)',
    runs: 'runs of `mainstay status` and of bare node, in turn (40; short 20)',
  },
  async run(context) {
    await using sources = await temporaryDirectory('bench-pulse');
    await using mainstay = await OwnMainstay.open();
    await writePulse(sources.path, { version: 1, fault: null, warmUpMs: 0 });
    await mainstay.must(['deploy', 'timed'], sources.path, context.signal);
    const idle = countOption(context, 'idle', context.short ? 5 : 30);
    context.say(`deployed; resting for ${idle} s`);
    await sleep(idle * 1000, undefined, { signal: context.signal });
    const memory = await memoryOf(mainstay);
    const commands = timeCommands(context, mainstay, countOption(context, 'runs', context.short ? 20 : 40));
    const starts = await timeStarts(context, mainstay, sources.path);
    const figures = { ...memory, ...starts, ...commands };
    return { mainstay: figures, peers: {}, absent: [], goals: goalsOf(figures) };
  },
};

interface Hosts {
  readonly hosts: readonly {
    readonly observation: {
      readonly agent: { readonly pid: number };
      readonly ingress: { readonly pid: number } | null;
    } | null;
  }[];
}

async function memoryOf(mainstay: OwnMainstay): Promise<Figures> {
  const health = (await mainstay.call('GET', '/v1/health')) as { readonly pid: number };
  const { hosts } = (await mainstay.call('GET', '/v1/hosts')) as Hosts;
  const observation = hosts[0]?.observation;
  const ingressPid = observation?.ingress?.pid;
  if (observation === undefined || observation === null || ingressPid === undefined)
    throw new Error('Agent or ingress does not run.');
  const control = await pssOf(health.pid);
  const agent = await pssOf(observation.agent.pid);
  const ingress = await pssOf(ingressPid);
  return {
    pssMb: round(control + agent + ingress),
    controlPssMb: control,
    agentPssMb: agent,
    ingressPssMb: ingress,
  };
}

/** Proportional set size in MB of 10⁶ bytes: pages that several processes share count in part with each. */
async function pssOf(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kilobytes = /^Pss:\s+(\d+) kB/m.exec(rollup)?.[1];
  return round((Number(kilobytes) * 1024) / 1e6);
}

/** In turn, so that a busy machine slows both. */
function timeCommands(context: BenchmarkContext, mainstay: OwnMainstay, runs: number): Figures {
  const status: number[] = [];
  const bare: number[] = [];
  for (let count = 0; count < runs; count += 1) {
    context.signal.throwIfAborted();
    status.push(timeProgram(program, ['status'], mainstay.environment));
    bare.push(timeProgram(process.execPath, ['-e', '0'], mainstay.environment));
  }
  return { statusMs: median(status), bareNodeMs: median(bare), statusRuns: runs };
}

function timeProgram(path: string, args: readonly string[], env: NodeJS.ProcessEnv): number {
  const startedAt = performance.now();
  const { status, stderr } = spawnSync(path, args, { env, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
  const elapsedMs = performance.now() - startedAt;
  if (status !== 0) throw new Error(`${path} ${args.join(' ')} exited with ${status}: ${stderr.toString()}`);
  return elapsedMs;
}

/** `mainstay status` with nothing running, from its start to its end. */
async function timeStarts(
  context: BenchmarkContext,
  mainstay: OwnMainstay,
  directory: string,
): Promise<Figures> {
  const times: number[] = [];
  for (let count = 0; count < (context.short ? 3 : 5); count += 1) {
    await mainstay.stop();
    times.push((await mainstay.must(['status'], directory, context.signal)).elapsedMs);
  }
  context.say(`starts: ${times.map((time) => Math.round(time)).join(', ')} ms`);
  return { startMs: median(times) };
}

function goalsOf({ pssMb, statusMs, bareNodeMs }: Figures): Goal[] {
  const factor = Number((Number(statusMs) / Number(bareNodeMs)).toFixed(2));
  return [
    atMost('control, agent and ingress together at rest', pssMb, goalMb, 'MB'),
    atMost('`mainstay status` against `node -e 0`', factor, 2, 'times'),
  ];
}
