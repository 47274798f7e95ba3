import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import { openHome } from '../src/system/home.ts';
import { endProcessesOf } from './processes-of-home.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** From the start of the program to its end. */
  readonly elapsedMs: number;
}

export const program = join(import.meta.dirname, '..', 'bin', 'mainstay');

/** Where an environment answers, as `mainstay status` tells it. */
export interface Address {
  readonly port: number;
  readonly host: string;
}

/** A Mainstay with a home of its own, used as a person uses it: through its program. */
export class OwnMainstay implements AsyncDisposable {
  readonly home: string;
  readonly #directory: AsyncDisposable;

  private constructor(directory: AsyncDisposable & { readonly path: string }) {
    this.#directory = directory;
    this.home = join(directory.path, 'home');
  }

  static async open(): Promise<OwnMainstay> {
    return new OwnMainstay(await temporaryDirectory('bench-mainstay'));
  }

  get environment(): NodeJS.ProcessEnv {
    return { ...process.env, MAINSTAY_HOME: this.home, NO_COLOR: '1' };
  }

  /** Runs `mainstay` with these arguments; resolves for any exit code. */
  async run(args: readonly string[], directory: string, signal: AbortSignal): Promise<CommandResult> {
    const startedAt = performance.now();
    // A session of its own: Ctrl-C reaches us, and we end things in order.
    const child = spawn(program, args, {
      cwd: directory,
      env: this.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const end = (): void => void child.kill('SIGTERM');
    signal.addEventListener('abort', end, { once: true });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    let exitedAt = startedAt;
    child.once('exit', () => {
      exitedAt = performance.now();
    });
    const [code] = (await once(child, 'close')) as [number | null];
    signal.removeEventListener('abort', end);
    signal.throwIfAborted();
    return { exitCode: code ?? -1, stdout, stderr, elapsedMs: exitedAt - startedAt };
  }

  /** Like `run`, and throws with what it printed unless it exits with 0. */
  async must(args: readonly string[], directory: string, signal: AbortSignal): Promise<CommandResult> {
    const result = await this.run(args, directory, signal);
    if (result.exitCode === 0) return result;
    throw new Error(
      `mainstay ${args.join(' ')} exited with ${result.exitCode}:\n${result.stdout}${result.stderr}`,
    );
  }

  /** Where the environment (`app/name`) answers visitors. */
  async address(environment: string, signal: AbortSignal): Promise<Address> {
    const { stdout } = await this.must(['status', '--json'], '/', signal);
    const status = JSON.parse(stdout) as { environments: { id: string; urls: string[] }[] };
    const url = status.environments.find(({ id }) => id === environment)?.urls[0];
    if (url === undefined) throw new Error(`mainstay status tells no URL of ${environment}:\n${stdout}`);
    const { hostname, port } = new URL(url);
    return { host: hostname, port: port === '' ? 80 : Number(port) };
  }

  /** One call of the control API; resolves with the document, throws on any status but 2xx. */
  call(method: string, path: string, body?: unknown): Promise<unknown> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const outgoing = request({
        socketPath: openHome(this.home).controlSocket,
        method,
        path,
        headers: text === undefined ? {} : { 'content-type': 'application/json' },
      });
      outgoing.on('error', reject);
      outgoing.on('response', (response) => {
        let answer = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          answer += chunk;
        });
        response.on('error', reject);
        response.on('end', () => {
          const status = response.statusCode ?? 0;
          if (status >= 200 && status < 300) resolve(JSON.parse(answer));
          else reject(new Error(`${method} ${path} answered ${status}: ${answer.slice(0, 500)}`));
        });
      });
      outgoing.end(text);
    });
  }

  /** Ends control plane, agent, ingress and every instance; data stays. */
  async shutDown(): Promise<void> {
    await this.call('POST', '/v1/shutdown', { instances: 'stop' });
  }

  /** Like `shutDown`, whether or not anything runs, and resolves when nothing does any more. */
  async stop(): Promise<void> {
    try {
      await this.shutDown();
    } catch {
      // It may not run, or be what is broken; nothing of it stays in any case.
    }
    await endProcessesOf(this.home);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#directory[Symbol.asyncDispose]();
  }
}
