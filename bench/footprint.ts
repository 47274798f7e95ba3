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
  const control = await memoryOfProcess(health.pid);
  const agent = await memoryOfProcess(observation.agent.pid);
  const ingress = await memoryOfProcess(ingressPid);
  const all = [control, agent, ingress];
  const sum = (pick: (memory: Memory) => number) => all.reduce((total, memory) => total + pick(memory), 0);
  return {
    pssMb: round(sum(({ pss }) => pss)),
    controlPssMb: round(control.pss),
    agentPssMb: round(agent.pss),
    ingressPssMb: round(ingress.pss),
    // The kernel divides shared pages among all who have them. This is what it would be with no other Node around.
    pssAloneMb: round(sum(({ own }) => own) + Math.max(...all.map(({ shared }) => shared))),
  };
}

/** In MB of 10⁶ bytes. `pss`: own pages, and of each shared page its part. */
interface Memory {
  readonly pss: number;
  readonly own: number;
  readonly shared: number;
}

async function memoryOfProcess(pid: number): Promise<Memory> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  const field = (name: string): number =>
    (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1]) * 1024) / 1e6;
  return {
    pss: field('Pss'),
    own: field('Private_Clean') + field('Private_Dirty'),
    shared: field('Shared_Clean') + field('Shared_Dirty'),
  };
}

/** Prints how long each of two programs took, in turn, so that a busy machine slows both. */
const timeInTurn = `
for ((run = 0; run < $1; run++)); do
  a=$EPOCHREALTIME
  "$2" status >/dev/null || exit
  b=$EPOCHREALTIME
  "$3" -e 0 || exit
  c=$EPOCHREALTIME
  echo "$a $b $c"
done`;

/** A small shell starts the programs: this process would spend milliseconds on copying its own page tables. */
function timeCommands(context: BenchmarkContext, mainstay: OwnMainstay, runs: number): Figures {
  context.signal.throwIfAborted();
  const { status, stdout, stderr } = spawnSync(
    'bash',
    ['-c', timeInTurn, 'bash', String(runs), program, process.execPath],
    { cwd: '/', env: { ...mainstay.environment, LC_ALL: 'C' }, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`mainstay status cannot be timed (${status}): ${stderr}`);
  const times = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map((time) => Number(time) * 1000));
  return {
    statusMs: median(times.map(([start = 0, end = 0]) => end - start)),
    bareNodeMs: median(times.map(([, start = 0, end = 0]) => end - start)),
    statusRuns: runs,
  };
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

function goalsOf({ pssMb, pssAloneMb, statusMs, bareNodeMs }: Figures): Goal[] {
  const factor = Number((Number(statusMs) / Number(bareNodeMs)).toFixed(2));
  return [
    atMost('control, agent and ingress together at rest', pssMb, goalMb, 'MB'),
    atMost('the same, were no other Node process on the machine', pssAloneMb, goalMb, 'MB'),
    atMost('`mainstay status` against `node -e 0`', factor, 2, 'times'),
  ];
}
