import { mkdir } from 'node:fs/promises';
import type { Server } from 'node:net';
import { BlockList, createServer, isIP } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../core/units.ts';
import type { IngressStatus, RouteTable } from '../ingress.ts';
import { AccessLog } from './access-log.ts';
import type { IngressControls } from './admin-api.ts';
import { AdminApi } from './admin-api.ts';
import { drainInstances } from './drain.ts';
import { Forwarder } from './forwarder.ts';
import { Guardian } from './guardian.ts';
import type { IngressOptions, InheritedSocket } from './ingress-options.ts';
import { readRoutesFile, writeRoutesFile } from './routes-file.ts';

/** So many connections wait in the kernel while the ingress is being restarted. */
const backlog = 4096;
/** When the ingress stops, idle connections get this long for a last request, and busy ones this long to finish. */
const idleGraceMs = 1000;
const stopGraceMs = 30_000;

/** The ingress as one running process. */
class IngressProcess implements IngressControls {
  readonly #options: IngressOptions;
  readonly #clock: Clock;
  readonly #startedAt;
  readonly #log: AccessLog;
  readonly #forwarder: Forwarder;
  readonly #guardian: Guardian | null;
  readonly #servers: Server[] = [];
  /** Tables are applied one after the other: each is on disk before the next begins. */
  #applying: Promise<void> = Promise.resolve();
  #tlsStarted = false;

  constructor(options: IngressOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#log = new AccessLog({
      path: join(options.directory, 'access.log'),
      maxFileBytes: 32 * 1024 * 1024,
      keepFiles: 4,
    });
    this.#forwarder = new Forwarder({
      clock,
      accessLog: this.#log,
      httpsPort: options.https?.port ?? null,
      trustedProxies: trustedProxies(options.trustedProxies),
      reportBug,
    });
    const sockets = [options.http.fd, ...(options.https === null ? [] : [options.https.fd])];
    this.#guardian = options.guardian === null ? null : new Guardian(options.guardian, sockets);
  }

  async start(): Promise<void> {
    await mkdir(this.#options.directory, { recursive: true, mode: 0o700 });
    // Before the first connection is accepted, so that a restart is not seen as a missing route.
    await this.#restoreRoutes();
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      this.#forwarder.accept(socket, 'http'),
    );
    await this.#listen(server, this.#options.http);
  }

  async #restoreRoutes(): Promise<void> {
    try {
      const table = await readRoutesFile(this.#options.routesFile);
      if (table !== undefined) await this.#use(table);
    } catch (error) {
      reportBug(error);
    }
  }

  async #listen(server: Server, socket: InheritedSocket): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ fd: socket.fd }, backlog, resolve);
    });
    this.#servers.push(server);
  }

  async #use(table: RouteTable): Promise<void> {
    this.#forwarder.apply(table);
    const { https } = this.#options;
    if (https === null || this.#tlsStarted || !this.#forwarder.table.usesTls) return;
    // Only now: TLS takes memory that most development machines need not spend.
    const { createTlsListener } = await import('./tls-listener.ts');
    const server = createTlsListener(this.#forwarder, {
      directory: this.#options.directory,
      clock: this.#clock,
      reportBug,
    });
    await this.#listen(server, https);
    this.#tlsStarted = true;
  }

  apply(table: RouteTable): Promise<void> {
    const applied = this.#applying.then(async () => {
      this.#forwarder.refuseOlder(table);
      if (table.generation === this.#forwarder.table.generation && table.generation !== 0) return;
      await writeRoutesFile(this.#options.routesFile, table);
      await this.#use(table);
    });
    this.#applying = applied.catch(() => undefined);
    return applied;
  }

  drain(instances: readonly string[], timeoutMs: number, signal: AbortSignal) {
    return drainInstances(this.#forwarder, instances, timeoutMs, signal);
  }

  stats() {
    return this.#forwarder.stats();
  }

  status(): IngressStatus {
    return {
      pid: process.pid,
      startedAt: this.#startedAt,
      generation: this.#forwarder.table.generation,
      httpPort: this.#options.http.port,
      httpsPort: this.#options.https?.port ?? 0,
      down: this.#forwarder.health.down,
    };
  }

  spawnAgent(): boolean {
    this.#guardian?.spawnAgent();
    return this.#guardian !== null;
  }

  /** Stops accepting at once, lets requests in flight finish within a bound, then ends. */
  async stop(): Promise<void> {
    this.#guardian?.close();
    for (const server of this.#servers) server.close();
    this.#forwarder.stopping = true;
    const startedAt = this.#clock.monotonic();
    while (this.#forwarder.connections.size > 0) {
      const elapsed = this.#clock.monotonic() - startedAt;
      if (elapsed > stopGraceMs) break;
      if (elapsed > idleGraceMs) {
        for (const connection of this.#forwarder.connections) if (connection.isIdle) connection.finish();
      }
      await sleep(50);
    }
    this.#forwarder.cutEverything();
    await this.#log.close();
  }
}

function trustedProxies(addresses: readonly string[]): BlockList | null {
  if (addresses.length === 0) return null;
  const list = new BlockList();
  for (const entry of addresses) {
    const [address = '', bits] = entry.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number.parseInt(bits, 10), family);
  }
  return list;
}

/** Standard error of the process is its log for maintainers. */
function reportBug(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${text}\n`);
}

/**
 * Runs the ingress until `signal` aborts, then drains and returns. The sockets in `options` are inherited open
 * files that are bound; they stay with whoever else holds them. Serves the table in the routes file at once.
 */
export async function runIngress(options: IngressOptions, clock: Clock, signal: AbortSignal): Promise<void> {
  const ingress = new IngressProcess(options, clock);
  await ingress.start();
  const admin = await AdminApi.listen(options.adminSocket, ingress);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  // First, so that the next ingress can take its place at the same path.
  admin.close();
  await ingress.stop();
}
