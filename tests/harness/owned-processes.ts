import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { waitUntil } from './wait-until.ts';

export type Role = 'control' | 'agent' | 'ingress' | 'instance' | 'other';

export interface OwnedProcess {
  readonly pid: number;
  readonly command: string;
  readonly role: Role;
  /** `MAINSTAY_INSTANCE` of its environment: id of an instance, task or job. */
  readonly instance: string | null;
}

const roleOfWord: Readonly<Record<string, Role>> = { serve: 'control', agent: 'agent', ingress: 'ingress' };

/** Every process whose environment, command line or working directory names this home. Zombies are gone. */
export function processesOf(root: string): OwnedProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => readOwned(Number(name), root) ?? []);
}

function readOwned(pid: number, root: string): OwnedProcess | undefined {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === '' || ['Z', 'X'].includes(stat.charAt(stat.lastIndexOf(')') + 2))) return undefined;
  const environment = read(`/proc/${pid}/environ`).split('\0');
  const words = read(`/proc/${pid}/cmdline`).split('\0');
  const names = [...environment, ...words, workingDirectory(pid)];
  if (!names.some((text) => text.includes(root))) return undefined;
  const instance = environment.find((entry) => entry.startsWith('MAINSTAY_INSTANCE='))?.slice(18) ?? null;
  return { pid, command: words.join(' ').trim(), role: roleOf(words, instance), instance };
}

/** Our own programs run `bin/mainstay WORD`; what has the mark of an instance is the application. */
function roleOf(words: readonly string[], instance: string | null): Role {
  const program = words.findIndex((word) => /\/(bin\/mainstay|src\/main\.ts)$/.test(word));
  const role = program === -1 ? undefined : roleOfWord[words[program + 1] ?? ''];
  return role ?? (instance === null ? 'other' : 'instance');
}

/** Resolves when none is left; else kills them all and throws, naming them. */
export async function assertNoneLeft(root: string, timeoutMs: number): Promise<void> {
  try {
    await waitUntil('every process has ended', () => processesOf(root).length === 0, { timeoutMs });
  } catch {
    const orphans = processesOf(root);
    killAll(root);
    const list = orphans.map(
      ({ pid, role, instance, command }) => `  ${pid} ${role} ${instance ?? ''} ${command}`,
    );
    throw new Error(`Processes of ${root} were left behind:\n${list.join('\n')}`);
  }
}

/** Kills until nothing is left: what is killed may have started another the instant before. */
export function killAll(root: string): void {
  for (let round = 0; round < 50; round += 1) {
    const left = processesOf(root);
    if (left.length === 0) return;
    for (const { pid } of left) killNow(pid);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
}

/** SIGKILL; false when it was gone already. */
export function killNow(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

function workingDirectory(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

/** The content, or nothing for a process that has ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
