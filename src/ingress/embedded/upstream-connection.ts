import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { Instance } from './instance.ts';

/** How an upstream connection went away. */
export type UpstreamEnd =
  /** Nobody listens there: nothing was sent. */
  | 'refused'
  /** The upstream closed its side in good order. */
  | 'closed'
  /** The upstream's kernel refused what was sent: nobody read it (see `Exchange`). */
  | 'reset'
  /** Both sides are gone, by a reset, an error or after `closed`. */
  | 'failed';

/** Who uses an upstream connection at the moment; told in the order in which things happen. */
export interface UpstreamUser {
  upstreamReady(): void;
  /** The bytes hold during the call only. */
  upstreamBytes(buffer: Buffer, start: number, end: number): void;
  upstreamDrained(): void;
  /** After `closed` the other direction may still be written; `failed` follows when that ends too. */
  upstreamEnded(how: UpstreamEnd): void;
}

/** One connection to an instance, used by one request at a time and kept for the next one. */
export class UpstreamConnection {
  readonly instance: Instance;
  readonly socket: Socket;
  user: UpstreamUser | null = null;
  connected = false;
  /** Whether it has answered a request before: then it may be closed under the next one. */
  reused = false;
  /** Monotonic time since which it is idle. */
  idleSince = 0;
  /** How long the upstream lets it be idle, as far as it said. */
  idleLimitMs: number;
  readonly #reportBug: (error: unknown) => void;

  /** All connections read into `readBuffer`: reads are used up before the next one begins. */
  constructor(
    instance: Instance,
    readBuffer: Buffer,
    idleLimitMs: number,
    reportBug: (error: unknown) => void,
  ) {
    this.#reportBug = reportBug;
    this.instance = instance;
    this.idleLimitMs = idleLimitMs;
    this.socket = connect({
      host: '127.0.0.1',
      port: instance.port,
      noDelay: true,
      allowHalfOpen: true,
      onread: { buffer: readBuffer, callback: (length, buffer) => this.#read(length, buffer as Buffer) },
    });
    this.socket.on('connect', () => this.#connect());
    this.socket.on('drain', () => this.user?.upstreamDrained());
    this.socket.on('end', () => this.#end('closed'));
    this.socket.on('error', (error: NodeJS.ErrnoException) => this.#end(this.#howFailed(error.code)));
    this.socket.on('close', () => this.#end('failed'));
  }

  #connect(): void {
    this.connected = true;
    if (this.user === null) this.destroy();
    else this.user.upstreamReady();
  }

  #howFailed(code: string | undefined): UpstreamEnd {
    if (!this.connected) return 'refused';
    return code === 'ECONNRESET' || code === 'EPIPE' ? 'reset' : 'failed';
  }

  #read(length: number, buffer: Buffer): boolean {
    const { user } = this;
    if (user === null) {
      this.destroy();
      return true;
    }
    try {
      user.upstreamBytes(buffer, 0, length);
    } catch (error) {
      // A bug in one response must not take the others with it.
      this.#reportBug(error);
      user.upstreamEnded('failed');
      this.destroy();
    }
    return true;
  }

  #end(how: UpstreamEnd): void {
    const { user } = this;
    if (user === null) {
      this.destroy();
      return;
    }
    user.upstreamEnded(how);
  }

  /** Ends it at once; its user hears no more of it. */
  destroy(): void {
    this.user = null;
    this.instance.forget(this);
    this.socket.destroy();
  }
}
