import { ageOf, type ProcessEntry, type ProcessTable, readVariable } from '../../system/process-table.ts';

/** The variable by which everything that a run started is known, whatever it forked and detached. */
export const runVariable = 'MAINSTAY_RUN';

/** A process that has lived so long has become the program that it was made for, and its environment stays. */
const settledMs = 2000;

/** Which process carries the mark of which run; read once for each process that has settled. */
export class Marks {
  readonly #known = new Map<number, { readonly startedAt: string; readonly run: string | undefined }>();

  of(entry: ProcessEntry): string | undefined {
    const known = this.#known.get(entry.pid);
    if (known?.startedAt === entry.startedAt) return known.run;
    const run = readVariable(entry.pid, runVariable);
    // Between its making and its becoming another program a process still shows its parent's environment.
    if (ageOf(entry) > settledMs) this.#known.set(entry.pid, { startedAt: entry.startedAt, run });
    return run;
  }

  /** Drops what is known of processes that are no more. */
  prune(table: ProcessTable): void {
    for (const [pid, { startedAt }] of this.#known) {
      if (table.get(pid)?.startedAt !== startedAt) this.#known.delete(pid);
    }
  }
}
