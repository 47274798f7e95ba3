import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';

const headEnd = '\r\n\r\nHello, world\n';

/** A kept connection that asks one thing at a time. */
class Line {
  readonly #socket: Socket;
  readonly #request: string;
  #received = '';
  #answered: ((at: number) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;

  private constructor(socket: Socket, port: number) {
    this.#socket = socket;
    this.#request = `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.#received += text;
      if (!this.#received.endsWith(headEnd)) return;
      this.#received = '';
      this.#answered?.(performance.now());
    });
    socket.on('close', () => this.#failed?.(new Error('a connection was closed during the measurement')));
    socket.on('error', () => undefined);
  }

  static async open(port: number): Promise<Line> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new Line(socket, port);
  }

  /** Resolves with the time at which the answer was complete. */
  ask(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#answered = resolve;
      this.#failed = reject;
      this.#socket.write(this.#request, 'latin1');
    });
  }

  close(): void {
    this.#failed = undefined;
    this.#socket.destroy();
  }
}

/** Kept connections to one port, from which requests are sent. */
export class LoadGenerator implements Disposable {
  readonly #lines: readonly Line[];

  private constructor(lines: readonly Line[]) {
    this.#lines = lines;
  }

  static async open(port: number, connections: number): Promise<LoadGenerator> {
    return new LoadGenerator(await Promise.all(Array.from({ length: connections }, () => Line.open(port))));
  }

  /**
   * Sends requests at fixed times, whether or not earlier ones were answered, and measures each from the time at
   * which it was due: a proxy that stalls is charged for everyone who waited. Milliseconds, in no order.
   */
  async openLoop(perSecond: number, durationMs: number, signal: AbortSignal): Promise<number[]> {
    const idle = [...this.#lines];
    const waiting: number[] = [];
    const latencies: number[] = [];
    const running = new Set<Promise<void>>();
    const ask = async (line: Line, due: number): Promise<void> => {
      latencies.push((await line.ask()) - due);
      const next = waiting.shift();
      if (next === undefined) idle.push(line);
      else await ask(line, next);
    };
    const start = performance.now();
    const gap = 1000 / perSecond;
    let sent = 0;
    while (performance.now() - start < durationMs) {
      signal.throwIfAborted();
      for (let due = start + sent * gap; due <= performance.now(); due = start + sent * gap) {
        sent += 1;
        const line = idle.pop();
        if (line === undefined) waiting.push(due);
        else {
          const asked: Promise<void> = ask(line, due).finally(() => running.delete(asked));
          running.add(asked);
        }
      }
      // Timers are too coarse for one request a millisecond; this yields to the sockets and comes back.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    await Promise.all(running);
    return latencies;
  }

  /** Requests a second when each connection asks again as soon as it was answered; for machines without `wrk`. */
  async closedLoop(durationMs: number, signal: AbortSignal): Promise<number> {
    const end = performance.now() + durationMs;
    let requests = 0;
    await Promise.all(
      this.#lines.map(async (line) => {
        while ((await line.ask()) < end && !signal.aborted) requests += 1;
      }),
    );
    return requests / (durationMs / 1000);
  }

  [Symbol.dispose](): void {
    for (const line of this.#lines) line.close();
  }
}

/** The value below which 99 of 100 lie. */
export function p99(latencies: readonly number[]): number {
  const sorted = latencies.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? Number.NaN;
}
