import type { ProcessIdentity } from '../../system/process-identity.ts';
import { ageOf, type ProcessTable, readProcessTable } from '../../system/process-table.ts';
import { Marks } from './marks.ts';
import { ResidentMemory } from './resident-memory.ts';

/** The oldest picture that will do for a run that has settled. */
const settledMs = 5000;

/** All processes of this machine and what is known of them, shared by all runs: making it costs more than reading it. */
export class ProcessPicture {
  readonly marks = new Marks();
  readonly memory = new ResidentMemory();
  #last: { readonly table: ProcessTable; readonly at: number } | undefined;

  /** As it is at this moment. */
  take(): ProcessTable {
    const table = readProcessTable();
    this.#last = { table, at: performance.now() };
    this.marks.prune(table);
    this.memory.prune(table);
    return table;
  }

  /** New enough for a run: what has just begun changes by the moment, what has run for a minute seldom forks. */
  recent(leader: ProcessIdentity): ProcessTable {
    if (this.#last === undefined) return this.take();
    const startTicks = Number(leader.startedAt.slice(leader.startedAt.lastIndexOf(':') + 1));
    const longestMs = Math.min(ageOf({ startTicks }) / 10, settledMs);
    return performance.now() - this.#last.at > longestMs ? this.take() : this.#last.table;
  }
}
