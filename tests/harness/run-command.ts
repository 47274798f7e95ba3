import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';

export interface Ended {
  readonly command: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCommand {
  readonly child: ChildProcess;
  /** What it printed so far, both streams as they came. */
  output(): string;
  readonly ended: Promise<Ended>;
}

export interface CommandOptions {
  readonly directory?: string;
  readonly environment?: NodeJS.ProcessEnv;
  readonly input?: string;
  /** A command that takes longer hangs: it is killed, and `ended` rejects. */
  readonly timeoutMs?: number;
}

/** Starts a program with piped output. */
export function startCommand(
  program: string,
  args: readonly string[],
  { directory, environment, input, timeoutMs = 60_000 }: CommandOptions = {},
): RunningCommand {
  const child = spawn(program, args, {
    cwd: directory,
    env: environment,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const command = [program.slice(program.lastIndexOf('/') + 1), ...args].join(' ');
  let output = '';
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
      output += text;
    });
  child.stdin?.end(input);
  const ended = new Promise<Ended>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${command} did not end within ${timeoutMs / 1000} s. It printed:\n${output}`));
    }, timeoutMs);
    child.on('error', reject);
    // Not 'close': what a command leaves running may hold its output open.
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      setImmediate(() => resolve({ command, code, signal, ...texts }));
    });
  });
  ended.catch(() => undefined);
  return { child, output: () => output, ended };
}

/** Fails with everything that the command printed when it did not end with this code. */
export function assertExit(ended: Ended, code: number): void {
  const { command, stdout, stderr, signal } = ended;
  assert.equal(
    ended.code,
    code,
    `${command} ended with ${ended.code ?? signal}, not with ${code}\n${stdout}${stderr}`,
  );
}
