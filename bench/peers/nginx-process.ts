import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where nginx lies, or undefined. `/usr/sbin` is not on everyone's PATH. */
export async function findNginx(): Promise<string | undefined> {
  const directories = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'];
  for (const directory of directories.filter((entry) => entry !== '')) {
    const path = join(directory, 'nginx');
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      // Not here; the next directory may have it.
    }
  }
  return undefined;
}

/** An nginx of our own: its files in one directory, one loopback port. */
export class NginxProcess implements AsyncDisposable {
  readonly #program: string;
  readonly #directory: string;
  readonly #port: number;
  #child: ChildProcess | undefined;

  constructor(program: string, directory: string, port: number) {
    this.#program = program;
    this.#directory = directory;
    this.#port = port;
  }

  async start(upstreams: readonly number[]): Promise<void> {
    await this.#configure(upstreams);
    this.#child = spawn(this.#program, this.#arguments(['-g', 'daemon off;']), { stdio: 'ignore' });
    await sleep(300);
    if (this.#child.exitCode !== null)
      throw new Error(`nginx ended at once; see ${join(this.#directory, 'error.log')}.`);
  }

  /** Writes the configuration and runs `nginx -s reload`. */
  async reload(upstreams: readonly number[]): Promise<void> {
    await this.#configure(upstreams);
    const reload = spawn(this.#program, this.#arguments(['-s', 'reload']), { stdio: 'ignore' });
    await once(reload, 'exit');
    if (reload.exitCode !== 0) throw new Error('nginx -s reload failed.');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }

  #arguments(more: readonly string[]): string[] {
    return [
      '-p',
      this.#directory,
      '-c',
      join(this.#directory, 'nginx.conf'),
      '-e',
      join(this.#directory, 'error.log'),
      ...more,
    ];
  }

  async #configure(upstreams: readonly number[]): Promise<void> {
    const servers = upstreams.map((port) => `server 127.0.0.1:${port};`).join(' ');
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (kind) => `${kind}_temp_path ${join(this.#directory, kind)};`,
    );
    const user = process.getuid?.() === 0 ? 'user root;' : '';
    await writeFile(
      join(this.#directory, 'nginx.conf'),
      `${user}
worker_processes 2;
pid ${join(this.#directory, 'nginx.pid')};
events { worker_connections 4096; }
http {
  access_log off;
  ${temporary.join('\n  ')}
  map $http_upgrade $connection_wish { default upgrade; '' ''; }
  upstream app { ${servers} keepalive 32; }
  server {
    listen 127.0.0.1:${this.#port};
    client_max_body_size 10m;
    location / {
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_wish;
      proxy_read_timeout 60s;
    }
  }
}
`,
    );
  }
}
