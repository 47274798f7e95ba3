import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from '../ask.ts';

const restartPauseMs = 100;

/**
 * A process of the application as a service manager would run it: started again a moment after it ended, until it
 * is stopped.
 */
export class LocalInstance implements AsyncDisposable {
  readonly port: number;
  readonly #directory: string;
  #child: ChildProcess | undefined;
  #stopping = false;

  constructor(directory: string, port: number) {
    this.#directory = directory;
    this.port = port;
    this.#start();
  }

  /** Whether it answers its health check well within the time. */
  async becomesHealthy(timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    const end = performance.now() + timeoutMs;
    while (performance.now() < end) {
      signal.throwIfAborted();
      if (await this.answersWell('/health')) return true;
      await sleep(50, undefined, { signal });
    }
    return false;
  }

  async answersWell(path: string): Promise<boolean> {
    try {
      return (await ask({ port: this.port, path, timeoutMs: 2000 })).status === 200;
    } catch {
      return false;
    }
  }

  /** SIGTERM, up to 15 s for what it has in hand, then SIGKILL. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const impatience = setTimeout(() => child.kill('SIGKILL'), 15_000);
    await ended;
    clearTimeout(impatience);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  #start(): void {
    const child = spawn(process.execPath, ['server.js'], {
      cwd: this.#directory,
      env: { PATH: process.env['PATH'], PORT: String(this.port), HOST: '127.0.0.1' },
      stdio: 'ignore',
    });
    this.#child = child;
    child.on('exit', () => {
      if (!this.#stopping) setTimeout(() => this.#stopping || this.#start(), restartPauseMs);
    });
  }
}
