import { Failure } from '../../core/failure.ts';
import type {
  ExecSession,
  OutputReader,
  OutputStream,
  RunExit,
  RunHandle,
  RunObservation,
  RunSpec,
  Runtime,
} from '../runtime.ts';

/** What happens outside of any runtime: runs live on here while runtimes come and go. */
export class FakeWorld {
  readonly runs = new Map<string, FakeRun>();
  nextPid = 1000;
}

interface FakeRun {
  readonly spec: RunSpec;
  readonly pid: number;
  exit: RunExit | undefined;
  readonly ended: PromiseWithResolvers<RunExit>;
  /** Processes of it that are left. */
  left: number;
  unread: { readonly stream: OutputStream; readonly data: Buffer }[];
  reader: ((stream: OutputStream, data: Buffer) => void) | undefined;
}

const noExit: RunExit = { code: null, signal: null, limit: null };

/**
 * A runtime in memory: programs are words (`serve`, `stubborn`, `detaching`, `exit CODE TEXT`). For tests of
 * what uses a runtime; it passes the same suite as the real ones.
 */
export class FakeRuntime implements Runtime {
  readonly #world: FakeWorld;

  constructor(world: FakeWorld) {
    this.#world = world;
  }

  async start(spec: RunSpec, signal: AbortSignal): Promise<RunHandle> {
    await Promise.resolve();
    signal.throwIfAborted();
    const [program = '', ...args] = spec.command.kind === 'argv' ? spec.command.argv : [spec.command.line];
    if (!['serve', 'stubborn', 'detaching', 'exit'].includes(program)) {
      throw new Failure('command-not-found', `Cannot run "${program}": it is not in PATH.`);
    }
    this.#world.nextPid += 1;
    const run: FakeRun = {
      spec,
      pid: this.#world.nextPid,
      exit: undefined,
      ended: Promise.withResolvers(),
      left: program === 'detaching' ? 2 : 1,
      unread: [],
      reader: undefined,
    };
    this.#world.runs.set(spec.run, run);
    if (program === 'exit') {
      const [code = '0', text = ''] = args;
      print(run, 'out', `${text}\n`);
      print(run, 'err', `${text}\n`);
      end(run, { ...noExit, code: Number(code) });
    } else {
      print(run, 'out', 'ready\n');
    }
    return { run: spec.run, pid: run.pid, state: null };
  }

  find(run: string): Promise<RunHandle | undefined> {
    const found = this.#world.runs.get(run);
    return Promise.resolve(found && { run, pid: found.pid, state: null });
  }

  read(handle: RunHandle, onData: (stream: OutputStream, data: Buffer) => void): OutputReader {
    const run = this.#get(handle);
    const flush = (): void => {
      for (const { stream, data } of run.unread.splice(0)) onData(stream, data);
    };
    run.reader = onData;
    queueMicrotask(() => run.reader === onData && flush());
    const close = (): void => {
      if (run.reader === onData) run.reader = undefined;
    };
    return {
      close,
      finish() {
        if (run.reader === onData) flush();
        close();
      },
    };
  }

  async wait(handle: RunHandle, signal: AbortSignal): Promise<RunExit> {
    signal.throwIfAborted();
    const { ended } = this.#get(handle);
    const { promise, reject } = Promise.withResolvers<never>();
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await Promise.race([ended.promise, promise]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async stop(
    handle: RunHandle,
    how: { readonly signal: string; readonly graceMs: number },
    signal: AbortSignal,
  ): Promise<RunExit> {
    await Promise.resolve();
    signal.throwIfAborted();
    const run = this.#get(handle);
    const argv = run.spec.command.kind === 'argv' ? run.spec.command.argv : [];
    const listens = argv[0] !== 'stubborn' && how.signal !== 'SIGKILL';
    end(run, listens ? { ...noExit, code: 0 } : { ...noExit, signal: 'SIGKILL' });
    run.left = 0;
    return run.exit ?? noExit;
  }

  exec(): Promise<ExecSession> {
    return Promise.reject(new Failure('command-not-found', 'Nothing can be run beside a run in memory.'));
  }

  observe(handle: RunHandle): Promise<RunObservation> {
    const { left, spec } = this.#get(handle);
    return Promise.resolve({
      memoryBytes: left * 1024,
      memoryLimit: spec.limits.memoryBytes === null ? 'none' : 'measured',
      listeners: () => null,
      warnings: [],
    });
  }

  remove(run: string): Promise<void> {
    this.#world.runs.delete(run);
    return Promise.resolve();
  }

  #get(handle: RunHandle): FakeRun {
    return this.#world.runs.get(handle.run) ?? removedRun(handle);
  }
}

function removedRun({ run, pid }: RunHandle): FakeRun {
  const limits = { memoryBytes: null, cpus: null };
  const command = { kind: 'argv', argv: [] } as const;
  const ended = Promise.withResolvers<RunExit>();
  ended.resolve(noExit);
  return {
    spec: { run, command, directory: '/', environment: {}, limits, keepExit: false },
    pid: pid ?? 0,
    exit: noExit,
    ended,
    left: 0,
    unread: [],
    reader: undefined,
  };
}

function print(run: FakeRun, stream: OutputStream, text: string): void {
  const data = Buffer.from(text);
  if (run.reader === undefined) run.unread.push({ stream, data });
  else run.reader(stream, data);
}

function end(run: FakeRun, exit: RunExit): void {
  if (run.exit !== undefined) return;
  run.exit = exit;
  run.left -= 1;
  run.ended.resolve(exit);
}
