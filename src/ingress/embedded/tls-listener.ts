import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SecureContext, TLSSocket } from 'node:tls';
import { createSecureContext, createServer } from 'node:tls';
import { callbackify } from 'node:util';
import { Failure } from '../../core/failure.ts';
import type { Clock } from '../../core/units.ts';
import type { RouteTls } from '../ingress.ts';
import type { Forwarder } from './forwarder.ts';
import { LocalAuthority } from './local-authority.ts';

const handshakeTimeoutMs = 10_000;
/** How long a certificate is used before its files are looked at again. */
const recheckMs = 60_000;

interface KeptContext {
  readonly context: Promise<SecureContext>;
  /** Time of the last change of the files, or of the check. */
  readonly version: number;
  checkedAt: number;
}

/** Finds the certificate for each name that clients ask for. */
class Certificates {
  readonly #authority: LocalAuthority;
  readonly #clock: Clock;
  readonly #kept = new Map<string, KeptContext>();

  constructor(directory: string, clock: Clock) {
    this.#authority = new LocalAuthority(directory, clock);
    this.#clock = clock;
  }

  async contextFor(host: string, tls: RouteTls): Promise<SecureContext> {
    const key = tls.mode === 'files' ? `${tls.certificate}\n${tls.key}` : host;
    const now = this.#clock.monotonic();
    const kept = this.#kept.get(key);
    if (kept !== undefined && now - kept.checkedAt < recheckMs) return kept.context;
    const version =
      tls.mode === 'files' ? await changedAt(tls.certificate, tls.key) : Math.floor(now / 3_600_000);
    if (kept !== undefined && kept.version === version) {
      kept.checkedAt = now;
      return kept.context;
    }
    const context = this.#load(host, tls);
    this.#kept.set(key, { context, version, checkedAt: now });
    try {
      return await context;
    } catch (error) {
      // A renewal that went wrong must not take down what works.
      if (kept === undefined) this.#kept.delete(key);
      else this.#kept.set(key, { ...kept, checkedAt: now });
      throw error;
    }
  }

  async #load(host: string, tls: RouteTls): Promise<SecureContext> {
    const { certificate, key } =
      tls.mode === 'files'
        ? { certificate: await readFile(tls.certificate, 'utf8'), key: await readFile(tls.key, 'utf8') }
        : await this.#authority.certificateFor(host);
    return createSecureContext({ cert: certificate, key, minVersion: 'TLSv1.2' });
  }
}

async function changedAt(...paths: readonly string[]): Promise<number> {
  const times = await Promise.all(paths.map(async (path) => (await stat(path)).mtimeMs));
  return Math.max(...times);
}

export interface TlsListenerOptions {
  /** Holds the local authority and its certificates. */
  readonly directory: string;
  readonly clock: Clock;
  readonly reportBug: (error: unknown) => void;
}

/** A server that ends TLS for the hosts of the route table and hands the plain streams to the forwarder. */
export function createTlsListener(forwarder: Forwarder, options: TlsListenerOptions) {
  const certificates = new Certificates(join(options.directory, 'certificates'), options.clock);
  const find = async (name: string): Promise<SecureContext> => {
    const host = name.toLowerCase();
    const tls = forwarder.table.tlsForHost(host);
    if (tls === undefined) throw new Failure('not-found', `No route serves ${host} over https.`);
    try {
      return await certificates.contextFor(host, tls);
    } catch (error) {
      // A certificate that cannot be read or made: the client hears only that the handshake failed.
      options.reportBug(error);
      throw error;
    }
  };
  const server = createServer(
    {
      ALPNProtocols: ['http/1.1'],
      minVersion: 'TLSv1.2',
      handshakeTimeout: handshakeTimeoutMs,
      allowHalfOpen: true,
      noDelay: true,
      SNICallback: callbackify(find),
    },
    (socket: TLSSocket) => forwarder.accept(socket, 'https'),
  );
  // Handshakes that fail are the client's affair.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return server;
}
