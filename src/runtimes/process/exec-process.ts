import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { PassThrough } from 'node:stream';
import type { ExecSession, ExecSpec, OutputStream } from '../runtime.ts';
import { findProgram } from './find-program.ts';
import { commandArgv } from './launch-command.ts';
import { spawned } from './spawned.ts';

/** Runs a command whose streams are at hand. Aborting ends its whole process group. */
export async function execProcess(spec: ExecSpec, signal: AbortSignal): Promise<ExecSession> {
  const argv = commandArgv(spec.command);
  const program = await findProgram(argv[0] ?? '', spec.environment['PATH'] ?? '', spec.directory);
  signal.throwIfAborted();
  const child = spawn(program, argv.slice(1), {
    argv0: argv[0] ?? program,
    cwd: spec.directory,
    env: { ...spec.environment },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const exitCode = new Promise<number>((resolve) => {
    child.once('exit', (code, by) => resolve(code ?? 128 + (by === null ? 0 : constants.signals[by])));
  });
  await spawned(child, program);
  const end = (): void => {
    try {
      process.kill(-(child.pid ?? 0), 'SIGKILL');
    } catch {
      // Everything has ended already.
    }
  };
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  void exitCode.then(() => signal.removeEventListener('abort', end));
  // A command need not read what it is sent.
  child.stdin.on('error', () => undefined);
  return {
    write: (data) =>
      new Promise((resolve) => {
        if (child.stdin.writable) child.stdin.write(data, () => resolve());
        else resolve();
      }),
    endInput: () => child.stdin.end(),
    output: merge({ out: child.stdout, err: child.stderr }),
    exitCode,
  };
}

async function* merge(
  streams: Readonly<Record<OutputStream, NodeJS.ReadableStream>>,
): AsyncGenerator<{ readonly stream: OutputStream; readonly data: Uint8Array }> {
  const merged = new PassThrough({ objectMode: true, highWaterMark: 16 });
  let open = 2;
  for (const stream of ['out', 'err'] as const) {
    const source = streams[stream];
    source.on('data', (data: Buffer) => {
      if (merged.write({ stream, data })) return;
      source.pause();
      merged.once('drain', () => source.resume());
    });
    source.on('close', () => {
      open -= 1;
      if (open === 0) merged.end();
    });
  }
  for await (const piece of merged)
    yield piece as { readonly stream: OutputStream; readonly data: Uint8Array };
}
