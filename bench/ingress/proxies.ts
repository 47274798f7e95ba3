import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { EmbeddedIngress } from '../../src/ingress/embedded/embedded-ingress.ts';
import { launchIngress } from '../../src/ingress/embedded/launch-ingress.ts';
import { ListeningSocket } from '../../src/ingress/embedded/listening-socket.ts';

/** A proxy in front of the upstream, on loopback. */
export interface RunningProxy extends AsyncDisposable {
  readonly name: string;
  readonly version: string;
  readonly port: number;
}

const run = promisify(execFile);

/** What a program says of its version; undefined when it is not installed. */
export async function versionOf(program: string, ...args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await run(program, args);
    return /\d+\.\d+(?:\.\d+)?/.exec(stdout + stderr)?.[0] ?? '';
  } catch (error) {
    // wrk tells its version and ends with 1.
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (code === 'ENOENT') return undefined;
    return /\d+\.\d+(?:\.\d+)?/.exec(`${stdout}${stderr}`)?.[0] ?? '';
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

async function accepting(port: number, child: ChildProcess, signal: AbortSignal): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended while it was starting`);
    const socket = connect({ port, host: '127.0.0.1' });
    const works = await Promise.race([
      once(socket, 'connect').then(
        () => true,
        () => false,
      ),
      sleep(1000, false),
    ]);
    socket.destroy();
    if (works) return;
    await sleep(50, undefined, { signal });
  }
}

export async function startUpstream(): Promise<RunningProxy> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('tiny-upstream.ts', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    name: 'upstream',
    version: '',
    port: Number.parseInt(line.toString(), 10),
    [Symbol.asyncDispose]: () => stop(child),
  };
}

/** The embedded ingress with everything on: access log, health polls, statistics. */
export async function startMainstay(upstreamPort: number, signal: AbortSignal): Promise<RunningProxy> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-ingress-'));
  const http = ListeningSocket.bind('127.0.0.1', 0);
  const https = ListeningSocket.bind('127.0.0.1', 0);
  const main = fileURLToPath(new URL('../../src/ingress/embedded/test-ingress-main.ts', import.meta.url));
  const adminSocket = join(directory, 'admin.sock');
  const { pid } = await launchIngress(
    {
      argv: [process.execPath, main],
      directory,
      adminSocket,
      routesFile: join(directory, 'routes.json'),
      http,
      https,
      trustedProxies: [],
      guardian: null,
    },
    signal,
  );
  const upstream = { instance: 'web-1', port: upstreamPort, release: 'r1' };
  const route = {
    id: 'bench/test/web /',
    environment: 'bench/test',
    service: 'web',
    hosts: ['127.0.0.1'],
    pathPrefix: '/',
    upstreams: [upstream],
    tls: { mode: 'off' as const },
    health: { path: '/', intervalMs: 1000, timeoutMs: 1000 },
    holdMs: 10_000,
    maintenance: null,
    limits: {
      maxBodyBytes: 1e8,
      headTimeoutMs: 10_000,
      bodyIdleTimeoutMs: 30_000,
      responseTimeoutMs: 60_000,
    },
  };
  await new EmbeddedIngress(adminSocket).apply({ generation: 1, routes: [route] }, signal);
  return {
    name: 'mainstay',
    version: '',
    port: http.port,
    [Symbol.asyncDispose]: async () => {
      process.kill(pid, 'SIGKILL');
      http.close();
      https.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

interface PeerOptions {
  readonly name: string;
  readonly version: string;
  readonly configuration: (directory: string, port: number) => string;
  readonly argv: (file: string) => readonly string[];
}

async function startPeer(options: PeerOptions, signal: AbortSignal): Promise<RunningProxy> {
  const directory = await mkdtemp(join(tmpdir(), `bench-${options.name}-`));
  const port = await freePort();
  const file = join(directory, 'configuration');
  await writeFile(file, options.configuration(directory, port));
  const [program = '', ...args] = options.argv(file);
  const child = spawn(program, args, {
    stdio: 'ignore',
    env: { ...process.env, HOME: directory, XDG_DATA_HOME: directory },
  });
  await accepting(port, child, signal);
  return {
    name: options.name,
    version: options.version,
    port,
    [Symbol.asyncDispose]: async () => {
      await stop(child);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Undefined when Caddy is not installed. */
export async function startCaddy(
  upstreamPort: number,
  signal: AbortSignal,
): Promise<RunningProxy | undefined> {
  const version = await versionOf('caddy', 'version');
  if (version === undefined) return undefined;
  const configuration = (directory: string, port: number): string =>
    `{\n  admin off\n  auto_https off\n}\nhttp://127.0.0.1:${port} {\n  bind 127.0.0.1\n` +
    `  reverse_proxy 127.0.0.1:${upstreamPort}\n  log {\n    output file ${directory}/access.log\n  }\n}\n`;
  const argv = (file: string): readonly string[] => [
    'caddy',
    'run',
    '--config',
    file,
    '--adapter',
    'caddyfile',
  ];
  return await startPeer({ name: 'caddy', version, configuration, argv }, signal);
}

/** Undefined when nginx is not installed. */
export async function startNginx(
  upstreamPort: number,
  signal: AbortSignal,
): Promise<RunningProxy | undefined> {
  const version = await versionOf('nginx', '-v');
  if (version === undefined) return undefined;
  const configuration = (directory: string, port: number): string =>
    `worker_processes auto;\npid ${directory}/pid;\nerror_log ${directory}/error.log;\ndaemon off;\n` +
    'events { worker_connections 1024; }\nhttp {\n' +
    `  access_log ${directory}/access.log;\n` +
    ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((kind) => `  ${kind}_temp_path ${directory}/${kind};\n`)
      .join('') +
    `  upstream app { server 127.0.0.1:${upstreamPort}; keepalive 64; }\n` +
    `  server {\n    listen 127.0.0.1:${port};\n    keepalive_requests 1000000;\n    location / {\n` +
    '      proxy_pass http://app;\n      proxy_http_version 1.1;\n      proxy_set_header Connection "";\n' +
    '      proxy_set_header Host $host;\n      proxy_set_header X-Forwarded-For $remote_addr;\n    }\n  }\n}\n';
  const argv = (file: string): readonly string[] => ['nginx', '-c', file];
  return await startPeer({ name: 'nginx', version, configuration, argv }, signal);
}
