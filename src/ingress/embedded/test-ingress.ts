import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { IngressStatus, Route, RouteTable } from '../ingress.ts';
import { EmbeddedIngress } from './embedded-ingress.ts';
import type { GuardianOptions } from './ingress-options.ts';
import type { LaunchOptions } from './launch-ingress.ts';
import { launchIngress } from './launch-ingress.ts';
import { ListeningSocket } from './listening-socket.ts';

const main = fileURLToPath(new URL('test-ingress-main.ts', import.meta.url));

/** A real ingress process with sockets, directory and admin socket of its own; disposing leaves nothing behind. */
export class TestIngress implements AsyncDisposable {
  readonly directory: string;
  readonly ingress: EmbeddedIngress;
  readonly http: ListeningSocket;
  readonly https: ListeningSocket;
  readonly signal: AbortSignal;
  status: IngressStatus | undefined;
  #generation = 0;
  readonly #guardian: GuardianOptions | null;
  readonly #trustedProxies: readonly string[];

  private constructor(directory: string, options: TestIngressOptions) {
    this.directory = directory;
    this.signal = AbortSignal.timeout(60_000);
    this.http = ListeningSocket.bind('127.0.0.1', 0);
    this.https = ListeningSocket.bind('127.0.0.1', 0);
    this.ingress = new EmbeddedIngress(join(directory, 'admin.sock'));
    this.#guardian = options.guardian?.(directory) ?? null;
    this.#trustedProxies = options.trustedProxies ?? [];
  }

  static async start(options: TestIngressOptions = {}): Promise<TestIngress> {
    const ingress = new TestIngress(await mkdtemp(join(tmpdir(), 'ingress-')), options);
    await ingress.launch();
    return ingress;
  }

  /** Starts the process, or the next one after `kill`. */
  async launch(): Promise<void> {
    const options: LaunchOptions = {
      argv: [process.execPath, main],
      directory: this.directory,
      adminSocket: join(this.directory, 'admin.sock'),
      routesFile: join(this.directory, 'routes.json'),
      http: this.http,
      https: this.https,
      trustedProxies: this.#trustedProxies,
      guardian: this.#guardian,
    };
    this.status = await launchIngress(options, this.signal);
  }

  get pid(): number {
    if (this.status === undefined) throw new Error('the ingress was not started');
    return this.status.pid;
  }

  kill(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** Applies these routes as the next generation. */
  async routes(...routes: readonly Route[]): Promise<RouteTable> {
    this.#generation += 1;
    const table = { generation: this.#generation, routes };
    await this.ingress.apply(table, this.signal);
    return table;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.kill('SIGKILL');
    } catch {
      // It ended by itself.
    }
    this.http.close();
    this.https.close();
    await rm(this.directory, { recursive: true, force: true });
  }
}

export interface TestIngressOptions {
  readonly guardian?: (directory: string) => GuardianOptions;
  readonly trustedProxies?: readonly string[];
}
