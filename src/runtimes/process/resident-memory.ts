import {
  mappedBytes,
  type ProcessEntry,
  type ProcessTable,
  residentBytes,
} from '../../system/process-table.ts';

interface Reading {
  readonly startedAt: string;
  readonly at: number;
  readonly mapped: number;
  readonly resident: number;
}

/** So much may a process have grown or shrunk, and so much time passed, before it is measured anew. */
const driftShare = 1 / 16;
const freshMs = 60_000;

/**
 * Memory of whole trees, shared pages counted once. The kernel walks all pages of a process for that, some
 * milliseconds for each 100 MB, so in between the last measurement is corrected by what changed since, which
 * the kernel counts anyway.
 */
export class ResidentMemory {
  readonly #readings = new Map<number, Reading>();

  bytesOf(members: readonly ProcessEntry[]): number {
    return sumOf(members, (entry) => this.#read(entry));
  }

  #read({ pid, startedAt }: ProcessEntry): number {
    const mapped = mappedBytes(pid);
    const known = this.#readings.get(pid);
    const now = performance.now();
    if (known?.startedAt === startedAt && now - known.at < freshMs) {
      const change = mapped - known.mapped;
      if (Math.abs(change) <= known.mapped * driftShare) return Math.max(0, known.resident + change);
    }
    const reading = { startedAt, at: now, mapped, resident: mapped === 0 ? 0 : residentBytes(pid) };
    this.#readings.set(pid, reading);
    return reading.resident;
  }

  /** Drops what is known of processes that are no more. */
  prune(table: ProcessTable): void {
    for (const [pid, { startedAt }] of this.#readings) {
      if (table.get(pid)?.startedAt !== startedAt) this.#readings.delete(pid);
    }
  }
}

/** Whether these have more than so many bytes together, measured exactly where it is in question. */
export function exceedMemory(members: readonly ProcessEntry[], limitBytes: number): boolean {
  if (sumOf(members, ({ pid }) => mappedBytes(pid)) <= limitBytes) return false;
  return sumOf(members, ({ pid }) => residentBytes(pid)) > limitBytes;
}

function sumOf(members: readonly ProcessEntry[], bytesOf: (entry: ProcessEntry) => number): number {
  return members.reduce((sum, entry) => sum + bytesOf(entry), 0);
}
