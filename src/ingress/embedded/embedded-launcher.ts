import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { IngressStatus, RouteTable } from '../ingress.ts';
import type { IngressLauncher, IngressSockets } from '../ingress-launcher.ts';
import { EmbeddedIngress } from './embedded-ingress.ts';
import type { GuardianOptions } from './ingress-options.ts';
import { launchIngress } from './launch-ingress.ts';
import { ListeningSocket } from './listening-socket.ts';
import { writeRoutesFile } from './routes-file.ts';

export interface EmbeddedLauncherOptions {
  /** What to run; the path of the options file is appended. */
  readonly argv: readonly string[];
  /** Holds options, routes, access log and certificates. */
  readonly directory: string;
  readonly adminSocket: string;
  readonly guardian: GuardianOptions;
}

/** Runs the embedded ingress as a process of its own on sockets that the agent keeps. */
export class EmbeddedLauncher implements IngressLauncher {
  readonly ingress: EmbeddedIngress;
  readonly #options: EmbeddedLauncherOptions;

  constructor(options: EmbeddedLauncherOptions) {
    this.#options = options;
    this.ingress = new EmbeddedIngress(options.adminSocket);
  }

  bind(address: string, port: number): ListeningSocket {
    return ListeningSocket.bind(address, port);
  }

  async launch(sockets: IngressSockets, table: RouteTable, signal: AbortSignal): Promise<IngressStatus> {
    const { argv, directory, adminSocket, guardian } = this.#options;
    const routesFile = join(directory, 'routes.json');
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeRoutesFile(routesFile, table);
    return launchIngress(
      { argv, directory, adminSocket, routesFile, ...sockets, trustedProxies: [], guardian },
      signal,
    );
  }
}
