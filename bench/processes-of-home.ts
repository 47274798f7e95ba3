import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const patienceMs = 5000;

/** Ends whatever still runs for this home: by itself within five seconds, else by SIGKILL. */
export async function endProcessesOf(home: string): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (let pids = await processesOf(home); pids.length > 0; pids = await processesOf(home)) {
    if (performance.now() > deadline) {
      for (const pid of pids) kill(pid);
    }
    await sleep(50);
  }
}

/** Processes that name the home in their arguments or variables, or run inside it. */
export async function processesOf(home: string): Promise<number[]> {
  const pids = (await readdir('/proc'))
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid);
  const belongs = await Promise.all(pids.map((pid) => belongsTo(pid, home)));
  return pids.filter((_pid, index) => belongs[index]);
}

async function belongsTo(pid: number, home: string): Promise<boolean> {
  const sources = [
    readFile(`/proc/${pid}/environ`, 'latin1'),
    readFile(`/proc/${pid}/cmdline`, 'latin1'),
    readlink(`/proc/${pid}/cwd`),
  ];
  const texts = await Promise.all(sources.map((source) => source.catch(() => '')));
  return texts.some((text) => text.includes(home));
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended in between.
  }
}
