import { setTimeout as sleep } from 'node:timers/promises';
import { identifyProcess, type ProcessIdentity } from '../../system/process-identity.ts';
import { type ProcessTree, signalGroup, signalProcess } from './process-tree.ts';

interface EndOptions {
  readonly leader: ProcessIdentity;
  readonly signalsGroup: boolean;
  readonly signal: string;
  readonly graceMs: number;
}

const fastestPollMs = 5;
const slowestPollMs = 100;

/**
 * Ends all of a tree: the signal to the leader (or its group), once the leader is gone to what is left of the
 * others, and when the grace has passed a kill of everything. Resolves when nothing of it runs any more.
 */
export async function endTree(tree: ProcessTree, options: EndOptions, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + options.graceMs;
  const told = new Set<number>();
  let pause = fastestPollMs;
  for (let members = tree.members(); members.length > 0; members = tree.members()) {
    if (performance.now() >= deadline) {
      for (const entry of members) signalProcess(entry, 'SIGKILL');
    } else {
      tell(members, options, told);
    }
    const left = deadline - performance.now();
    await sleep(left > 0 ? Math.min(pause, left) : fastestPollMs, undefined, { signal });
    pause = Math.min(pause * 1.5, slowestPollMs);
  }
}

/** Each process hears the signal once: some take a second one for an order to stop at once. */
function tell(members: ReturnType<ProcessTree['members']>, options: EndOptions, told: Set<number>): void {
  const { leader, signal } = options;
  const leaderRuns = identifyProcess(leader.pid)?.startedAt === leader.startedAt;
  if (leaderRuns) {
    if (told.has(leader.pid)) return;
    told.add(leader.pid);
    if (options.signalsGroup) {
      for (const entry of members) if (entry.group === leader.pid) told.add(entry.pid);
      signalGroup(leader, signal);
    } else {
      for (const entry of members) if (entry.pid === leader.pid) signalProcess(entry, signal);
    }
    return;
  }
  for (const entry of members) {
    if (told.has(entry.pid)) continue;
    told.add(entry.pid);
    signalProcess(entry, signal);
  }
}
