import type { Json } from '../core/json.ts';

export type RunCommand =
  | { readonly kind: 'argv'; readonly argv: readonly string[] }
  /** Given whole to `sh -c`, as one argument. */
  | { readonly kind: 'shell'; readonly line: string };

/** One execution of a command: of an instance, of a task, of a job. A restart is a new run. */
export interface RunSpec {
  /** Never used again on this host; everything that belongs to the run carries it. File-name safe. */
  readonly run: string;
  readonly command: RunCommand;
  /** Absolute. */
  readonly directory: string;
  /** The whole environment of the process; the runtime adds only its own mark. */
  readonly environment: Readonly<Record<string, string>>;
  readonly limits: { readonly memoryBytes: number | null; readonly cpus: number | null };
  /** The exit code must be found even when nobody watched the end. */
  readonly keepExit: boolean;
}

/** What finds a run again after a restart of the agent. Plain JSON; `state` is the driver's own. */
export interface RunHandle {
  readonly run: string;
  /** Main process on this host, null where there is none to be seen. */
  readonly pid: number | null;
  readonly state: Json;
}

export interface RunExit {
  /** Null when it ended by a signal, or when nobody saw its end. */
  readonly code: number | null;
  readonly signal: string | null;
  /** The limit that ended it, for a person: `memory limit of 128 MiB reached`. */
  readonly limit: string | null;
}

export interface RunListener {
  readonly address: string;
  readonly port: number;
}

export interface RunObservation {
  /** Of everything that belongs to the run. */
  readonly memoryBytes: number;
  readonly memoryLimit: 'none' | 'cgroup' | 'measured';
  /** TCP sockets on which the run listens now; null where that cannot be seen. Costs more than the rest. */
  listeners(): readonly RunListener[] | null;
  /** What an operator should know: a limit that cannot be enforced here, a worker that ran out of memory. */
  readonly warnings: readonly string[];
}

export type ExecSpec = Pick<RunSpec, 'command' | 'directory' | 'environment'>;

/** A command with a person, or a program, at the other end of its streams. */
export interface ExecSession {
  /** Resolves when the command has taken the data; whatever comes after its end is dropped. */
  write(data: Uint8Array): Promise<void>;
  endInput(): void;
  /** Ends when both streams have. Ask once. */
  readonly output: AsyncIterable<{ readonly stream: OutputStream; readonly data: Uint8Array }>;
  /** 128 + N for an end by signal N, as shells tell it. */
  readonly exitCode: Promise<number>;
}

export type OutputStream = 'out' | 'err';

export interface OutputReader {
  /** Hands on everything written so far, then lets go. For a run of which nothing is left. */
  finish(): void;
  /** Lets go at once; what was not read stays for the next reader. */
  close(): void;
}

/**
 * How commands are run on this host. A run outlives the agent: nothing here ends one but `stop`, a limit,
 * and the run itself. Every driver passes `conformance/`.
 */
export interface Runtime {
  /**
   * Resolves when the command has started; the caller stores the handle. Throws `command-not-found` or
   * `permission-denied`, naming the program, when it cannot start; nothing is left then.
   */
  start(spec: RunSpec, signal: AbortSignal): Promise<RunHandle>;
  /**
   * After a restart of the agent: the handle to a run whose start was intended but perhaps not recorded.
   * Undefined when it never started. The run itself may have ended; `wait` says how.
   */
  find(run: string, signal: AbortSignal): Promise<RunHandle | undefined>;
  /**
   * Hands on the run's output from where the last reader left off; the run never waits or fails for want of a
   * reader, within a bounded buffer. A run that was removed has nothing to read.
   */
  read(handle: RunHandle, onData: (stream: OutputStream, data: Buffer) => void): OutputReader;
  /** Resolves when the main process has ended, at once when it already had; others of the run may live on. */
  wait(handle: RunHandle, signal: AbortSignal): Promise<RunExit>;
  /** Signal, grace, then a kill of everything; resolves when nothing of the run is left. Idempotent. */
  stop(
    handle: RunHandle,
    how: { readonly signal: string; readonly graceMs: number },
    signal: AbortSignal,
  ): Promise<RunExit>;
  /**
   * Runs a command beside a run, where the run's files are, for as long as somebody is interested: it ends when
   * the signal aborts. Throws like `start`.
   */
  exec(handle: RunHandle, spec: ExecSpec, signal: AbortSignal): Promise<ExecSession>;
  observe(handle: RunHandle, signal: AbortSignal): Promise<RunObservation>;
  /**
   * Forgets a run of which nothing is left, with its kept exit and its buffers. Idempotent. A handle that
   * somebody still has is that of a run which ended unseen.
   */
  remove(run: string): Promise<void>;
}
