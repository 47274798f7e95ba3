import * as net from 'node:net';
import { Failure } from '../../core/failure.ts';

/** The part of Node's TCP handle that is needed here. */
interface BoundHandle {
  readonly fd: number;
  getsockname(out: { address?: string; port?: number }): number;
  close(): void;
}

/**
 * Not documented by Node, and present in the version that is pinned: makes a socket and binds it, without
 * listening or accepting. A number is a negative errno.
 */
type CreateServerHandle = (address: string, port: number, addressType: 4 | 6) => BoundHandle | number;

const createServerHandle = (net as unknown as { _createServerHandle: CreateServerHandle })
  ._createServerHandle;

const errnoNames: Readonly<Record<number, string>> = {
  [-13]: 'EACCES',
  [-98]: 'EADDRINUSE',
  [-99]: 'EADDRNOTAVAIL',
};

/**
 * A bound TCP socket that this process never accepts on. Its open file is handed to the ingress; listening
 * belongs to the socket, so while no ingress runs, connections wait in the kernel for the next one.
 */
export class ListeningSocket implements Disposable {
  readonly address: string;
  readonly port: number;
  readonly #handle: BoundHandle;

  private constructor(handle: BoundHandle, address: string, port: number) {
    this.#handle = handle;
    this.address = address;
    this.port = port;
  }

  /** Binds; port 0 takes a free one. Throws `port-taken` or `permission-denied`. */
  static bind(address: string, port: number): ListeningSocket {
    const handle = createServerHandle(address, port, address.includes(':') ? 6 : 4);
    if (typeof handle === 'number') throw bindFailure(address, port, handle);
    const name: { port?: number } = {};
    // A port that is taken shows only now: the bind reports it late.
    const error = handle.getsockname(name);
    if (error !== 0) {
      handle.close();
      throw bindFailure(address, port, error);
    }
    return new ListeningSocket(handle, address, name.port ?? port);
  }

  /** The open file, for `stdio` of the ingress; valid until `close`. */
  get fd(): number {
    return this.#handle.fd;
  }

  close(): void {
    this.#handle.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function bindFailure(address: string, port: number, errno: number): Failure {
  const name = errnoNames[errno] ?? `errno ${-errno}`;
  const what = `Cannot listen on ${address}:${port}`;
  if (name === 'EADDRINUSE') {
    return new Failure('port-taken', `${what}: the port is held by another process.`, {
      hint: 'Stop that process or choose another port for the ingress.',
      details: { address, port },
    });
  }
  if (name === 'EACCES') {
    return new Failure('permission-denied', `${what}: this user may not use ports below 1024.`, {
      hint: 'Choose a port of 1024 or more for the ingress, or run as root.',
      details: { address, port },
    });
  }
  return new Failure('config-invalid', `${what}: ${name}.`, {
    hint: 'Check that the address belongs to this machine.',
    details: { address, port },
  });
}
