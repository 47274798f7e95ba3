import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { ProcessIdentity } from '../../system/process-identity.ts';
import { isAlive } from '../../system/process-identity.ts';
import type { GuardianOptions } from './ingress-options.ts';

const pollMs = 1000;
/** One look may fall between an old agent's end and its successor's entry. */
const looksUntilGone = 2;
/** An agent that was started gets this many looks to write its identity before it counts as gone again. */
const looksToStart = 10;

/** Brings back a dead agent with the sockets, which only this process still holds. */
export class Guardian {
  readonly #options: GuardianOptions;
  readonly #sockets: readonly number[];
  readonly #timer: NodeJS.Timeout;
  #missed = 0;

  constructor(options: GuardianOptions, sockets: readonly number[]) {
    this.#options = options;
    this.#sockets = sockets;
    this.#timer = setInterval(() => this.#look(), pollMs).unref();
  }

  #look(): void {
    const identity = readIdentity(this.#options.identityFile);
    if (identity !== undefined && !isAlive(identity)) this.#missed += 1;
    else if (identity !== undefined) this.#missed = 0;
    // One that is only starting has not written yet who it is; one that stopped on purpose has nothing to write.
    else this.#missed = Math.min(this.#missed, 0);
    if (this.#missed >= looksUntilGone) this.spawnAgent();
  }

  /** Starts an agent at once. It outlives this process. */
  spawnAgent(): void {
    const { argv, logFile } = this.#options;
    const [program, ...rest] = argv;
    if (program === undefined) return;
    this.#missed = -looksToStart;
    const log = openSync(logFile, 'a', 0o600);
    try {
      const child = spawn(program, rest, {
        cwd: '/',
        detached: true,
        stdio: ['ignore', log, log, ...this.#sockets],
        env: { ...process.env, MAINSTAY_LISTEN_FDS: this.#sockets.map((_, index) => index + 3).join(',') },
      });
      child.on('error', (error) => process.stderr.write(`Cannot start the agent: ${error.message}\n`));
      child.unref();
    } finally {
      closeSync(log);
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

function readIdentity(path: string): ProcessIdentity | undefined {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<ProcessIdentity>;
    if (typeof value.pid !== 'number' || typeof value.startedAt !== 'string') return undefined;
    return { pid: value.pid, startedAt: value.startedAt };
  } catch {
    return undefined;
  }
}
