import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Leftover {
  readonly pid: number;
  readonly command: string;
}

/**
 * Processes that belong to a test file: those of its process group, and those that left the group but still name
 * its temporary directory in their environment, arguments or working directory.
 */
export function findLeftovers(group: number, directory: string): Leftover[] {
  const found: Leftover[] = [];
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const stat = read(`/proc/${entry}/stat`);
    const [state, , processGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (stat === '' || state === 'Z' || state === 'X') continue;
    const command = read(`/proc/${entry}/cmdline`).replaceAll('\0', ' ').trim();
    const belongs =
      Number(processGroup) === group ||
      command.includes(directory) ||
      read(`/proc/${entry}/environ`).includes(directory) ||
      workingDirectory(entry).startsWith(directory);
    if (belongs) found.push({ pid, command });
  }
  return found;
}

/** Gives what is already ending a moment, kills the rest, and returns what had to be killed. */
export async function endLeftovers(group: number, directory: string, graceMs: number): Promise<Leftover[]> {
  const deadline = performance.now() + graceMs;
  let left = findLeftovers(group, directory);
  while (left.length > 0 && performance.now() < deadline) {
    await sleep(25);
    left = findLeftovers(group, directory);
  }
  killLeftovers(group, directory);
  return left;
}

/** Kills until nothing is left: what is killed may have started another the instant before. */
export function killLeftovers(group: number, directory: string): void {
  for (let round = 0; round < 20; round += 1) {
    const left = findLeftovers(group, directory);
    if (left.length === 0) return;
    for (const { pid } of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself meanwhile.
      }
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  }
}

function workingDirectory(entry: string): string {
  try {
    return readlinkSync(`/proc/${entry}/cwd`);
  } catch {
    return '';
  }
}

/** The content, or nothing for a process that has ended or belongs to someone else. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
