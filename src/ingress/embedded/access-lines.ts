import type { Clock } from '../../core/units.ts';
import type { ClientConnection } from './client-connection.ts';
import type { Exchange } from './exchange.ts';

/** Writes the lines of the access log: one JSON object each. */
export class AccessLines {
  readonly #clock: Clock;
  #second = -1;
  #secondText = '';

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  request(exchange: Exchange): string {
    const { instance, route, request } = exchange;
    // The path holds visible ASCII only; of that, JSON escapes two characters.
    const path = /["\\]/.test(request.path) ? JSON.stringify(request.path) : `"${request.path}"`;
    const ms = Math.round((this.#clock.monotonic() - exchange.startedAt) * 1000) / 1000;
    const place =
      instance?.logFields ??
      (route === undefined
        ? ''
        : `,"environment":${JSON.stringify(route.route.environment)},"service":${JSON.stringify(route.route.service)}`);
    return (
      `{"time":"${this.#time()}","id":"${request.id}","method":"${request.method}","path":${path},` +
      `"status":${exchange.status},"bytes":${exchange.responseBytes},"ms":${ms}${place},` +
      `"client":"${exchange.client.identity.address}"}\n`
    );
  }

  /** For what was not a request: the reason stands in place of method and path. */
  refusal(client: ClientConnection, id: string, status: number, reason: string): string {
    return (
      `{"time":"${this.#time()}","id":"${id}","status":${status},"refused":${JSON.stringify(reason)},` +
      `"client":"${client.identity.address}"}\n`
    );
  }

  #time(): string {
    const now = this.#clock.now();
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#secondText = new Date(second * 1000).toISOString().slice(0, 20);
    }
    const millis = Math.floor(now - second * 1000);
    return `${this.#secondText}${millis < 10 ? '00' : millis < 100 ? '0' : ''}${millis}Z`;
  }
}
