import type { OutputReader, RunExit, RunHandle, Runtime } from '../../runtimes/runtime.ts';
import { ageOf, readProcessEntry } from '../../system/process-table.ts';
import type { LogWriter } from '../logs/logs.ts';
import { describeExit } from './instance-failures.ts';

/** A run whose output is being taken. */
export class LiveRun {
  readonly handle: RunHandle;
  readonly log: LogWriter;
  readonly #runtime: Runtime;
  readonly #reader: OutputReader;

  constructor(runtime: Runtime, handle: RunHandle, log: LogWriter) {
    this.#runtime = runtime;
    this.handle = handle;
    this.log = log;
    this.#reader = runtime.read(handle, (stream, data) => log.write(stream, data));
  }

  /** How long its main process has been running; 0 when it is gone. */
  get ageMs(): number {
    const entry = this.handle.pid === null ? undefined : readProcessEntry(this.handle.pid);
    return entry === undefined ? 0 : ageOf(entry);
  }

  /** How it ended by itself. `watch` goes on beside it for as long; it may end before, its errors end nothing. */
  async untilExit(watch: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<RunExit> {
    const over = new AbortController();
    const either = AbortSignal.any([over.signal, signal]);
    const watching = watch(either).catch((error: unknown) => {
      if (!either.aborted) this.log.remark(`Mainstay could not watch it: ${String(error)}`);
    });
    try {
      return await this.#runtime.wait(this.handle, signal);
    } finally {
      over.abort();
      await watching;
    }
  }

  /** Ends all of it, takes the rest of its output and forgets it. */
  async end(how: { readonly signal: string; readonly graceMs: number }, signal: AbortSignal): Promise<void> {
    try {
      const exit = await this.#runtime.stop(this.handle, how, signal);
      this.#reader.finish();
      this.log.remark(`Mainstay: it ${describeExit(exit)}`);
    } finally {
      this.letGo();
    }
    await this.#runtime.remove(this.handle.run);
  }

  /** Leaves it as it is, for the next agent to take up. */
  letGo(): void {
    this.#reader.close();
    this.log.end();
  }
}
