import type { TrafficCounter } from './traffic-counter.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

/** More idle connections than this are not worth keeping for one instance. */
const maxIdleConnections = 128;

/** A WebSocket that goes through the ingress, as its instance sees it. */
export interface OpenTunnel {
  /** Sends a close frame with this code in both directions and ends when both sides have closed. */
  closeGracefully(code: number): void;
  cut(): void;
}

/**
 * One upstream as the data path knows it: its idle connections, what is in flight, and whether it is down.
 * An instance that comes back on another port is another one.
 */
export class Instance {
  readonly id: string;
  readonly port: number;
  readonly counter: TrafficCounter;
  /** Part of every line of the access log that concerns it. */
  readonly logFields: string;
  inFlight = 0;
  readonly tunnels = new Set<OpenTunnel>();
  /** Why it gets no new requests; undefined while it is up. */
  down: string | undefined;
  /** No longer in the route table: finishes what it has. */
  retired = false;
  readonly #idle: UpstreamConnection[] = [];

  constructor(id: string, port: number, counter: TrafficCounter) {
    this.id = id;
    this.port = port;
    this.counter = counter;
    this.logFields =
      `,"environment":${JSON.stringify(counter.environment)},"service":${JSON.stringify(counter.service)}` +
      `,"instance":${JSON.stringify(id)},"release":${JSON.stringify(counter.release)}`;
  }

  get isIdle(): boolean {
    return this.inFlight === 0 && this.tunnels.size === 0;
  }

  /** An idle connection that is at most `maxIdleMs` old; older ones are closed on the way. */
  take(now: number, maxIdleMs: number): UpstreamConnection | undefined {
    for (;;) {
      const connection = this.#idle.at(-1);
      if (connection === undefined) return undefined;
      const age = now - connection.idleSince;
      if (age > connection.idleLimitMs || connection.socket.destroyed) {
        connection.destroy();
        continue;
      }
      // The last one is the youngest: none of the others would do either.
      if (age > maxIdleMs) return undefined;
      this.#idle.pop();
      return connection;
    }
  }

  /** Keeps a connection for later requests. */
  keep(connection: UpstreamConnection, now: number): void {
    connection.user = null;
    connection.reused = true;
    connection.idleSince = now;
    if (this.retired || this.#idle.length >= maxIdleConnections) connection.destroy();
    else this.#idle.push(connection);
  }

  forget(connection: UpstreamConnection): void {
    const index = this.#idle.lastIndexOf(connection);
    if (index >= 0) this.#idle.splice(index, 1);
  }

  /** Closes what has been idle for too long. */
  closeStale(now: number): void {
    while (this.#idle[0] !== undefined && now - this.#idle[0].idleSince > this.#idle[0].idleLimitMs) {
      this.#idle[0].destroy();
    }
  }

  /** Takes it out of service: nothing is kept for requests that will not come. */
  retire(): void {
    this.retired = true;
    for (const connection of [...this.#idle]) connection.destroy();
  }
}
