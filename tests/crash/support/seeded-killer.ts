import { setTimeout as sleep } from 'node:timers/promises';
import { killNow, type OwnedProcess, type Role } from '../../harness/owned-processes.ts';
import type { Killer } from './crash-run.ts';
import type { Kill } from './judge-visits.ts';
import type { SeededRandom } from './seeded-random.ts';

export type Victim = Extract<Role, 'control' | 'agent' | 'ingress' | 'instance'>;

export interface PlannedKill {
  readonly victims: readonly Victim[];
  /** From the start of the command. */
  readonly afterMs: number;
  /** Which of several instances. */
  readonly choice: number;
}

const single: readonly Victim[] = ['control', 'agent', 'ingress', 'instance'];

/** Agent and ingress never die in one instant: with both of them the listening sockets would be gone. */
const together: readonly (readonly Victim[])[] = [
  ['control', 'agent'],
  ['control', 'ingress'],
  ['agent', 'instance'],
  ['control', 'agent', 'instance'],
];

/** Somewhere within the time that the operation is expected to take, and a little beyond it. */
export function planKill(random: SeededRandom, expectedMs: number): PlannedKill {
  const victims = random.chance(0.7) ? [random.pick(single)] : random.pick(together);
  return { victims, afterMs: Math.floor(random.next() * expectedMs), choice: random.next() };
}

export function describeKill({ victims, afterMs }: PlannedKill): string {
  return `${victims.join(' and ')} killed after ${afterMs} ms`;
}

export function killerFor({ victims, afterMs, choice }: PlannedKill): Killer {
  return async ({ mainstay }) => {
    await sleep(afterMs);
    const processes = mainstay.processes();
    const kills: Kill[] = [];
    for (const role of victims) {
      const victim = pickVictim(processes, role, choice);
      if (victim !== undefined && killNow(victim.pid)) kills.push({ role, at: performance.now() });
    }
    return kills;
  };
}

function pickVictim(
  processes: readonly OwnedProcess[],
  role: Victim,
  choice: number,
): OwnedProcess | undefined {
  const candidates = processes.filter((candidate) => candidate.role === role);
  return candidates[Math.floor(choice * candidates.length)];
}
