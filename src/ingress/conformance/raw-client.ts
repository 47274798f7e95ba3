import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';

/** A client that writes bytes as they are given and lets tests wait for bytes. */
export class RawClient implements Disposable {
  received = '';
  /** The other side has ended. */
  ended = false;
  closed = false;
  error: NodeJS.ErrnoException | undefined;
  readonly socket: Socket;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.received += text;
      this.#wake();
    });
    socket.on('end', () => {
      this.ended = true;
      this.#wake();
    });
    socket.on('error', (error) => {
      this.error = error;
    });
    socket.on('close', () => {
      this.closed = true;
      this.#wake();
    });
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const client = new RawClient(socket);
    await once(socket, 'connect');
    return client;
  }

  send(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** Resolves when what was received matches; rejects when the connection ends before. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.received);
      if (found !== null) return found;
      if (this.ended || this.closed)
        throw new Error(`ended before ${pattern}: ${JSON.stringify(this.received)}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Resolves with all that was received once the other side has ended. */
  async untilEnd(): Promise<string> {
    while (!this.ended && !this.closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.received;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

/** Sends one request on a connection of its own and resolves with everything that comes back. */
export async function rawExchange(port: number, text: string): Promise<string> {
  using client = await RawClient.connect(port);
  client.send(text);
  return await client.untilEnd();
}
