import { spawn } from 'node:child_process';
import { Failure } from '../../core/failure.ts';
import { formatDuration, type Millis } from '../../core/units.ts';
import type { Command } from '../../manifest/manifest.ts';
import { identifyProcess } from '../../system/process-identity.ts';
import { killBuild } from './build-processes.ts';
import { OutputLines } from './output-lines.ts';

/** Lines of output that a failure carries. */
const lastLines = 20;

/** The longest time that a timer of Node can hold. */
const longestTimer = 2 ** 31 - 1;

export interface BuildCommands {
  readonly commands: readonly Command[];
  readonly directory: string;
  /** Its `HOME` is what processes of the build are known by. */
  readonly environment: Readonly<Record<string, string>> & { readonly HOME: string };
  /** For all commands together. */
  readonly timeout: Millis;
  /** Tells a line, and returns what it told: secrets are taken out. */
  readonly output: (line: string) => string;
}

/**
 * Runs the commands in order. Whether it returns or throws, no process that they started is left. Throws `build-failed`
 * (exit code, time-out), `command-not-found`, or the signal's reason.
 */
export async function runCommands(build: BuildCommands, signal: AbortSignal): Promise<void> {
  const deadline = AbortSignal.timeout(Math.min(build.timeout, longestTimer));
  for (const command of build.commands) {
    build.output(`$ ${commandLine(command)}`);
    const tail: string[] = [];
    const ended = await runCommand(build, command, AbortSignal.any([signal, deadline]), (line) => {
      tail.push(build.output(line));
      if (tail.length > lastLines) tail.shift();
    });
    signal.throwIfAborted();
    if (deadline.aborted) throw timedOut(command, build.timeout, tail);
    if (ended.code !== 0) throw failed(command, ended, tail);
  }
}

/** As a person would type it; for messages only. */
export function commandLine(command: Command): string {
  if (command.kind === 'shell') return command.line;
  return command.argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

async function runCommand(
  build: BuildCommands,
  command: Command,
  stop: AbortSignal,
  output: (line: string) => void,
): Promise<Ended> {
  stop.throwIfAborted();
  const [file = '', ...args] = command.kind === 'argv' ? command.argv : ['sh', '-c', command.line];
  const child = spawn(file, args, {
    cwd: build.directory,
    env: build.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const identity = child.pid === undefined ? undefined : identifyProcess(child.pid);
  // Each has its own lines: a character that was cut in one must not be joined with a piece of the other.
  const lines = [child.stdout, child.stderr].map((stream) => {
    const cut = new OutputLines(output);
    stream.on('data', (piece: Buffer) => cut.write(piece));
    return cut;
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  stop.addEventListener('abort', kill, { once: true });
  try {
    return await new Promise<Ended>((resolve, reject) => {
      child.once('error', (error) => reject(notStarted(error, file, build.environment['PATH'])));
      child.once('exit', (code, by) => resolve({ code, signal: by }));
    });
  } finally {
    stop.removeEventListener('abort', kill);
    // What a command leaves behind would write into a tree that is being captured, and holds its output open.
    await killBuild(build.environment.HOME, identity);
    if (child.pid !== undefined) await closed;
    for (const cut of lines) cut.end();
  }
}

function notStarted(error: Error, file: string, path: string | undefined): Error {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return error;
  return new Failure('command-not-found', `Cannot build: there is no program "${file}" in ${path}.`, {
    hint: `Install ${file} on this machine, or correct build.commands.`,
    details: { program: file, path },
    cause: error,
  });
}

function failed(command: Command, ended: Ended, tail: readonly string[]): Failure {
  const line = commandLine(command);
  const how = ended.signal === null ? `with exit code ${ended.code}` : `by signal ${ended.signal}`;
  const hint =
    ended.code === 127 && command.kind === 'shell'
      ? 'Exit code 127 means that the shell did not find a program. Install it, or correct build.commands.'
      : 'Its last lines say why; the same command in a clean copy of the source fails alike.';
  return new Failure('build-failed', `The build command "${line}" ended ${how}.${quoteTail(tail)}`, {
    hint,
    details: { command: line, exitCode: ended.code, signal: ended.signal, tail },
  });
}

function timedOut(command: Command, timeout: Millis, tail: readonly string[]): Failure {
  const line = commandLine(command);
  return new Failure(
    'build-failed',
    `The build did not end within ${formatDuration(timeout)}; "${line}" was stopped.${quoteTail(tail)}`,
    {
      hint: 'Raise build.timeout, or find out what it waits for.',
      details: { command: line, timedOut: true, tail },
    },
  );
}

function quoteTail(tail: readonly string[]): string {
  const last = tail.findLast((line) => line.trim() !== '');
  return last === undefined ? '' : ` Its last line: ${last.trim().slice(0, 300)}`;
}
