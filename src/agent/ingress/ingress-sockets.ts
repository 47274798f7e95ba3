import { closeSync, fstatSync } from 'node:fs';
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

/** Binds the first pair of default ports that is free; `skip` leaves out pairs that turned out not to be. */
export function bindFree(launcher: IngressLauncher, settings: IngressSettings, skip: number): OwnedSockets {
  for (let pair = skip; pair < pairsTried; pair += 1) {
    const httpPort = settings.httpPort ?? firstHttpPort + pair;
    const httpsPort = settings.httpsPort ?? firstHttpsPort + pair;
    if (isPortListening(httpPort) || isPortListening(httpsPort)) continue;
    try {
      return bindPair(launcher, settings.address, httpPort, httpsPort);
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'port-taken') throw error;
    }
  }
  throw new Failure(
    'port-taken',
    `No free pair of ports for the ingress from ${firstHttpPort} and ${firstHttpsPort} on.`,
    {
      hint: 'Set ingress.httpPort and ingress.httpsPort in settings.json.',
    },
  );
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
