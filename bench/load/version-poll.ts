import { connect, type Socket } from 'node:net';

const everyMs = 2;
const patienceMs = 10_000;

export interface VersionTimes {
  /** `performance.now()` of the first good answer of the version. */
  readonly first: number | undefined;
  readonly last: number | undefined;
}

/**
 * Asks every two milliseconds on idle connections, whether or not earlier answers came, and notes who answered. It
 * writes and reads the sockets itself: an HTTP client would take a good part of the processor that the deploy needs.
 */
export class VersionPoll implements Disposable {
  readonly #port: number;
  readonly #request: Buffer;
  readonly #timer: NodeJS.Timeout;
  readonly #times = new Map<number, { first: number; last: number }>();
  readonly #idle: Socket[] = [];
  readonly #all = new Set<Socket>();
  #failed = 0;
  #disposed = false;

  constructor(port: number, host: string) {
    this.#port = port;
    this.#request = Buffer.from(`GET /echo?nonce=poll HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    this.#timer = setInterval(() => this.#ask(), everyMs);
  }

  /** Requests without a good answer. */
  get failed(): number {
    return this.#failed;
  }

  timesOf(version: number): VersionTimes {
    return this.#times.get(version) ?? { first: undefined, last: undefined };
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    clearInterval(this.#timer);
    for (const socket of this.#all) socket.destroy();
  }

  #ask(): void {
    const socket = this.#idle.pop() ?? this.#open();
    socket.write(this.#request);
  }

  #open(): Socket {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    this.#all.add(socket);
    let text = '';
    socket.setTimeout(patienceMs, () => socket.destroy());
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      text += chunk;
      const version = completeAnswer(text);
      if (version === undefined) return;
      text = '';
      if (version === null) socket.destroy();
      else {
        this.#note(version);
        this.#idle.push(socket);
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#all.delete(socket);
      const at = this.#idle.indexOf(socket);
      if (at !== -1) this.#idle.splice(at, 1);
      else if (!this.#disposed) this.#failed += 1;
    });
    return socket;
  }

  #note(version: number): void {
    const now = performance.now();
    const seen = this.#times.get(version);
    if (seen === undefined) this.#times.set(version, { first: now, last: now });
    else seen.last = now;
  }
}

/** The version that answered; undefined while the answer is incomplete, null when it is no good one. */
function completeAnswer(text: string): number | null | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1];
  if (!text.startsWith('HTTP/1.1 200 ') || length === undefined) return null;
  if (text.length < end + 4 + Number(length)) return undefined;
  const version = /"version":(\d+)/.exec(text)?.[1];
  return version === undefined ? null : Number(version);
}
