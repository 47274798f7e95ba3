import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { currentBootId } from './process-identity.ts';

/** One line of the machine's list of processes, from `/proc/PID/stat`. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly name: string;
  /** As in `ProcessIdentity`. */
  readonly startedAt: string;
  /** Clock ticks since boot. */
  readonly startTicks: number;
  /** Ended, but not yet waited for by its parent: it runs no more. */
  readonly zombie: boolean;
}

export type ProcessTable = ReadonlyMap<number, ProcessEntry>;

/** A picture of all processes. Takes some microseconds for each, so ask once and use it for all questions. */
export function readProcessTable(): ProcessTable {
  const table = new Map<number, ProcessEntry>();
  for (const name of readdirSync('/proc')) {
    const first = name.charCodeAt(0);
    if (first < 48 || first > 57) continue;
    const entry = readProcessEntry(Number(name));
    if (entry !== undefined) table.set(entry.pid, entry);
  }
  return table;
}

/** Undefined when there is no such process any more. */
export function readProcessEntry(pid: number): ProcessEntry | undefined {
  const stat = readProcFile(pid, 'stat');
  if (stat === undefined) return undefined;
  // The command name stands in parentheses and may hold spaces and parentheses itself.
  const end = stat.lastIndexOf(')');
  const fields = stat.slice(end + 2).split(' ');
  const ticks = fields[19] ?? '0';
  return {
    pid,
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    name: stat.slice(stat.indexOf('(') + 1, end),
    startedAt: `${currentBootId()}:${ticks}`,
    startTicks: Number(ticks),
    zombie: fields[0] === 'Z' || fields[0] === 'X',
  };
}

/** Whether the environment that the process was started with holds exactly this `NAME=value`; false where it may not be read. */
export function hasVariable(pid: number, variable: string): boolean {
  const [name = '', ...value] = variable.split('=');
  return readVariable(pid, name) === value.join('=');
}

/** A variable of the environment that the process was started with; undefined where it may not be read. */
export function readVariable(pid: number, name: string): string | undefined {
  const environment = `\0${readProcFile(pid, 'environ') ?? ''}`;
  const at = environment.indexOf(`\0${name}=`);
  if (at === -1) return undefined;
  const start = at + name.length + 2;
  const end = environment.indexOf('\0', start);
  return environment.slice(start, end === -1 ? undefined : end);
}

/** Milliseconds since the process with this start was made, by the kernel's clock that nobody sets. */
export function ageOf(entry: Pick<ProcessEntry, 'startTicks'>): number {
  const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  // USER_HZ is 100 in every Linux ABI that Node supports.
  return Math.max(0, uptime * 1000 - entry.startTicks * 10);
}

/** Resident bytes with shared pages counted in part (PSS), or plain resident where the kernel hides that. */
export function residentBytes(pid: number): number {
  const rollup = readProcFile(pid, 'smaps_rollup');
  const pss = rollup === undefined ? undefined : /^Pss:\s+(\d+) kB/m.exec(rollup)?.[1];
  if (pss !== undefined) return Number(pss) * 1024;
  return mappedBytes(pid);
}

/** Resident bytes with shared pages counted in full, so never less than `residentBytes`, and read in no time. */
export function mappedBytes(pid: number): number {
  const pages = readProcFile(pid, 'statm')?.split(' ')[1];
  return pages === undefined ? 0 : Number(pages) * 4096;
}

const scratch = Buffer.allocUnsafeSlow(16_384);

/** The kernel makes up these files as they are read, nearly all in one piece, so that asking for their size is lost time. */
function readProcFile(pid: number, name: string): string | undefined {
  const path = `/proc/${pid}/${name}`;
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const length = readSync(file, scratch);
    return length < scratch.length ? scratch.toString('latin1', 0, length) : readFileSync(path, 'latin1');
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
