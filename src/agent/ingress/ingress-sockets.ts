import { closeSync, fstatSync } from 'node:fs';
import { createServer } from 'node:net';
import { Failure } from '../../core/failure.ts';
import type { HeldSocket, IngressLauncher, IngressSockets } from '../../ingress/ingress-launcher.ts';
import { findPortHolder, isPortListening } from '../../system/listening-ports.ts';
import type { IngressSettings } from './ingress-settings.ts';

/** Unprivileged, and easy to tell from the ports that applications like. */
const firstHttpPort = 7080;
const firstHttpsPort = 7443;
const pairsTried = 200;

export interface OwnedSockets extends IngressSockets {
  readonly http: HeldSocket;
  readonly https: HeldSocket;
  close(): void;
}

/** The sockets that an earlier agent bound; undefined where they are not what they should be. */
export function adoptSockets(
  descriptors: readonly number[],
  settings: IngressSettings,
): OwnedSockets | undefined {
  const [http, https] = descriptors;
  const { httpPort, httpsPort } = settings;
  if (http === undefined || https === undefined || httpPort === undefined || httpsPort === undefined)
    return undefined;
  if (!isSocket(http) || !isSocket(https)) return undefined;
  return {
    http: { fd: http, port: httpPort },
    https: { fd: https, port: httpsPort },
    close() {
      closeSync(http);
      closeSync(https);
    },
  };
}

function isSocket(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isSocket();
  } catch {
    return false;
  }
}

/**
 * Binds the ports that are set. Throws `port-taken`, naming who holds one: people know these addresses, so
 * they do not move by themselves.
 */
export function bindSettled(launcher: IngressLauncher, settings: IngressSettings): OwnedSockets | undefined {
  const { address, httpPort, httpsPort } = settings;
  if (httpPort === undefined || httpsPort === undefined) return undefined;
  for (const port of [httpPort, httpsPort]) {
    if (isPortListening(port)) throw portTaken(port);
  }
  return bindPair(launcher, address, httpPort, httpsPort);
}

/**
 * Binds the first pair of default ports that is free, or the ports of which one is set. `reserved` is what keeps
 * other Mainstays from the pair until the ingress listens on it.
 */
export async function bindFree(
  launcher: IngressLauncher,
  settings: IngressSettings,
): Promise<{ readonly sockets: OwnedSockets; readonly reserved: AsyncDisposable }> {
  for (let pair = 0; pair < pairsTried; pair += 1) {
    const httpPort = settings.httpPort ?? firstHttpPort + pair;
    const httpsPort = settings.httpsPort ?? firstHttpsPort + pair;
    const reserved = await reservePorts(httpPort, httpsPort);
    if (reserved === undefined) continue;
    // Looked at only now: who gave the reservation back listens since.
    if (!isPortListening(httpPort) && !isPortListening(httpsPort)) {
      try {
        return { sockets: bindPair(launcher, settings.address, httpPort, httpsPort), reserved };
      } catch (error) {
        if (!(error instanceof Failure) || error.code !== 'port-taken') throw error;
      }
    }
    await reserved[Symbol.asyncDispose]();
  }
  throw new Failure(
    'port-taken',
    `No free pair of ports for the ingress from ${firstHttpPort} and ${firstHttpsPort} on.`,
    { hint: 'Set ingress.httpPort and ingress.httpsPort in settings.json.' },
  );
}

/**
 * A bound port looks free to others until somebody listens on it. A name in the abstract namespace of unix
 * sockets, which the kernel takes back from the dead, closes that gap. Undefined when another has it.
 */
function reservePorts(httpPort: number, httpsPort: number): Promise<AsyncDisposable | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen(`\0mainstay-ingress-${httpPort}-${httpsPort}`, () =>
      resolve({
        [Symbol.asyncDispose]: () => new Promise((closed) => server.close(() => closed())),
      }),
    );
  });
}

function bindPair(
  launcher: IngressLauncher,
  address: string,
  httpPort: number,
  httpsPort: number,
): OwnedSockets {
  const http = launcher.bind(address, httpPort);
  try {
    const https = launcher.bind(address, httpsPort);
    const close = (): void => {
      http.close();
      https.close();
    };
    return { http, https, close };
  } catch (error) {
    http.close();
    throw error;
  }
}

function portTaken(port: number): Failure {
  const holder = findPortHolder(port);
  const by = holder === undefined ? 'a process of another user' : `${holder.name} (pid ${holder.pid})`;
  return new Failure('port-taken', `The ingress cannot listen: port ${port} is held by ${by}.`, {
    hint: 'Stop that process, or set other ports under "ingress" in settings.json.',
    retryable: true,
    details: { port, ...(holder === undefined ? {} : { pid: holder.pid, process: holder.name }) },
  });
}
