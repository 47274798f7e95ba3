import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);
const source = path.resolve(import.meta.dirname, '../../../examples/guestbook');

export interface Guestbook extends AsyncDisposable {
  readonly url: string;
  /** Stops the server as a deploy would, and resolves when it has ended. */
  stop(): Promise<void>;
  /** Starts the server again, at the same address, on the same data. */
  start(): Promise<void>;
}

/** Starts the example in a copy of its folder, with data of its own; all of it is gone on dispose. */
export async function startGuestbook(environment: Record<string, string> = {}): Promise<Guestbook> {
  const folder = await mkdtemp(path.join(tmpdir(), 'guestbook-browser-'));
  const app = path.join(folder, 'app');
  await cp(source, app, { recursive: true, filter: (file) => path.basename(file) !== 'data' });
  if (!existsSync(path.join(app, 'node_modules/ws'))) await run('npm', ['ci', '--omit=dev'], { cwd: app });
  const settings = {
    PATH: process.env['PATH'],
    DATABASE_FILE: path.join(folder, 'guestbook.db'),
    UPLOAD_DIR: path.join(folder, 'uploads'),
    ...environment,
  };
  await run(process.execPath, ['migrate.js'], { cwd: app, env: settings });

  let server: ChildProcess | undefined;
  let port = '0';
  const start = async (): Promise<void> => {
    server = spawn(process.execPath, ['server.js'], {
      cwd: app,
      env: { ...settings, PORT: port },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    port = await readPort(server);
  };
  const stop = async (): Promise<void> => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGTERM');
    await ended;
  };
  await start();
  return {
    url: `http://127.0.0.1:${port}`,
    start,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function readPort(server: ChildProcess): Promise<string> {
  const { stdout } = server;
  if (!stdout) throw new Error('The server was started without its output.');
  for await (const line of createInterface({ input: stdout })) {
    const port = /listens on http:\S+:(\d+)/.exec(line)?.[1];
    if (!port) continue;
    stdout.resume();
    return port;
  }
  throw new Error('The guestbook ended before it listened.');
}
