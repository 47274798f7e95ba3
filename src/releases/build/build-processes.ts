import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../core/failure.ts';
import type { ProcessIdentity } from '../../system/process-identity.ts';
import {
  hasVariable,
  type ProcessEntry,
  type ProcessTable,
  readProcessTable,
} from '../../system/process-table.ts';

const pollMs = 20;
/** About ten seconds: a killed process that is still there then waits for a device. */
const mostRounds = 500;

/**
 * Kills every process of a build and returns when none is left. They are known by their environment: `HOME` is a
 * directory that only builds of this app have, also after a crash of Mainstay. One that emptied its environment is
 * known by the group or session of the command that started it.
 */
export async function killBuild(home: string, command?: ProcessIdentity): Promise<void> {
  for (let round = 0; ; round += 1) {
    const found = processesOf(readProcessTable(), home, command);
    if (found.length === 0) return;
    if (round === mostRounds)
      throw new Failure('timeout', `Process ${found[0]?.pid} of a build cannot be killed.`, {
        hint: 'It waits for a device. Try again when it is gone.',
      });
    for (const { pid } of found) kill(pid);
    await sleep(pollMs);
  }
}

function processesOf(table: ProcessTable, home: string, command?: ProcessIdentity): ProcessEntry[] {
  const leader = command === undefined ? undefined : table.get(command.pid);
  // The number of a command that ended may belong to another process by now.
  const group = leader === undefined || leader.startedAt === command?.startedAt ? command?.pid : undefined;
  return [...table.values()].filter(
    (entry) =>
      !entry.zombie &&
      entry.pid !== process.pid &&
      (hasVariable(entry.pid, `HOME=${home}`) || entry.group === group || entry.session === group),
  );
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
