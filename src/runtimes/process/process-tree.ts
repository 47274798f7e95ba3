import { readFileSync } from 'node:fs';
import type { ProcessIdentity } from '../../system/process-identity.ts';
import {
  type ProcessEntry,
  type ProcessTable,
  readProcessEntry,
  readProcessTable,
} from '../../system/process-table.ts';
import type { Marks } from './marks.ts';

/**
 * Everything that belongs to a run: its session and process group, descendants, members of its control
 * groups, and every process that inherited its mark. A process seen to belong once belongs for ever.
 */
export class ProcessTree {
  readonly #run: string;
  readonly #marks: Marks;
  readonly leader: ProcessIdentity;
  readonly #cgroups: readonly string[];
  readonly #seen = new Map<number, string>();

  /** `marks` is shared by the trees of one runtime. */
  constructor(run: string, leader: ProcessIdentity, cgroups: readonly string[], marks: Marks) {
    this.#run = run;
    this.#marks = marks;
    this.leader = leader;
    this.#cgroups = cgroups;
  }

  /** Members that run, the leader first if it is among them. */
  members(table: ProcessTable = readProcessTable()): ProcessEntry[] {
    const members = new Map<number, ProcessEntry>();
    const grouped = this.#cgroupMembers();
    for (const entry of table.values()) {
      if (entry.pid !== process.pid && this.#belongs(entry, table, grouped)) members.set(entry.pid, entry);
    }
    addDescendants(members, table);
    for (const entry of members.values()) this.#seen.set(entry.pid, entry.startedAt);
    for (const [pid, startedAt] of this.#seen) {
      if (table.get(pid)?.startedAt !== startedAt) this.#seen.delete(pid);
    }
    return [...members.values()]
      .filter((entry) => !entry.zombie)
      .sort((a, b) => Number(b.pid === this.leader.pid) - Number(a.pid === this.leader.pid));
  }

  #belongs(entry: ProcessEntry, table: ProcessTable, grouped: ReadonlySet<number>): boolean {
    if (entry.pid === this.leader.pid) return entry.startedAt === this.leader.startedAt;
    if (grouped.has(entry.pid) || this.#seen.get(entry.pid) === entry.startedAt) return true;
    const leader = table.get(this.leader.pid);
    const inSession = entry.session === this.leader.pid || entry.group === this.leader.pid;
    // The number of a session is not given out again while it has members, so with the leader there it is proof.
    if (inSession && leader?.startedAt === this.leader.startedAt) return true;
    return this.#mayBeLater(entry) && this.#marks.of(entry) === this.#run;
  }

  /** Spares reading the environment of everything that was there before the run. */
  #mayBeLater(entry: ProcessEntry): boolean {
    const ticks = Number(this.leader.startedAt.slice(this.leader.startedAt.lastIndexOf(':') + 1));
    return !entry.zombie && entry.startTicks >= ticks;
  }

  #cgroupMembers(): Set<number> {
    const pids = new Set<number>();
    for (const directory of this.#cgroups) {
      try {
        const text = readFileSync(`${directory}/cgroup.procs`, 'latin1');
        for (const line of text.split('\n')) if (line !== '') pids.add(Number(line));
      } catch {
        // Already removed: it has no members then.
      }
    }
    return pids;
  }
}

function addDescendants(members: Map<number, ProcessEntry>, table: ProcessTable): void {
  for (let before = -1; before !== members.size; ) {
    before = members.size;
    for (const entry of table.values()) {
      if (members.has(entry.parent) && !members.has(entry.pid)) members.set(entry.pid, entry);
    }
  }
}

/** Sends a signal to exactly this process, never to one that took over its number. */
export function signalProcess(entry: ProcessEntry, signal: string): void {
  if (readProcessEntry(entry.pid)?.startedAt === entry.startedAt) kill(entry.pid, signal);
}

/** Sends a signal to the process group of a leader that is still there. */
export function signalGroup(leader: ProcessIdentity, signal: string): void {
  if (readProcessEntry(leader.pid)?.startedAt === leader.startedAt) kill(-leader.pid, signal);
}

function kill(target: number, signal: string): void {
  try {
    process.kill(target, signal);
  } catch (error) {
    // Ended between the look and the signal.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The oldest process that carries the mark: the one that was started, not what it forked. */
export function findMarked(run: string, marks: Marks): ProcessEntry | undefined {
  const marked = new ProcessTree(run, { pid: 0, startedAt: ':0' }, [], marks).members();
  return marked.sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid)[0];
}
