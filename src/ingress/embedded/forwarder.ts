import { randomBytes } from 'node:crypto';
import type { BlockList, Socket } from 'node:net';
import { Failure } from '../../core/failure.ts';
import type { Clock } from '../../core/units.ts';
import type { Route, RouteTable, TrafficStats, Upstream } from '../ingress.ts';
import { AccessLines } from './access-lines.ts';
import type { AccessLog } from './access-log.ts';
import { latin1 } from './bytes.ts';
import { ClientConnection } from './client-connection.ts';
import type { Exchange } from './exchange.ts';
import { HealthWatch } from './health-watch.ts';
import { Instance } from './instance.ts';
import { RequestHead } from './request-head.ts';
import { ResponseHead } from './response-head.ts';
import { compileTable, RoutingTable } from './routing-table.ts';
import { TrafficCounter } from './traffic-counter.ts';
import { UpstreamConnection } from './upstream-connection.ts';

/** How often deadlines are looked at; every bound is kept to within this. */
const tickMs = 100;
/** Requests that wait for an instance at one time; more get 503 at once. */
const maxHolds = 20_000;
/** For upstreams that do not say how long they keep a connection; most close after 5 seconds. */
const defaultIdleLimitMs = 4000;
/** Counters of releases that are gone and still told by `stats`. */
const keptCounters = 64;

export interface ForwarderOptions {
  readonly clock: Clock;
  readonly accessLog: AccessLog;
  /** Where plain requests to routes with TLS are sent; null while there is no such listener. */
  readonly httpsPort: number | null;
  /** Addresses whose X-Forwarded fields are believed. */
  readonly trustedProxies: BlockList | null;
  /** Takes what can only be a bug, with its stack. */
  readonly reportBug: (error: unknown) => void;
}

/** The data path: connections of clients on one side, instances on the other, one route table between. */
export class Forwarder {
  table = new RoutingTable(0, []);
  /** Says so in every answer and takes no further requests on a connection. */
  stopping = false;
  readonly holds = new Set<Exchange>();
  readonly connections = new Set<ClientConnection>();
  /** Parsers are shared: what they found is used up before anything else is parsed. */
  readonly requestHead = new RequestHead();
  readonly responseHead = new ResponseHead();
  readonly httpsPort: number | null;
  readonly health: HealthWatch;
  readonly #clock: Clock;
  readonly #options: ForwarderOptions;
  readonly #lines: AccessLines;
  readonly #readBuffer = Buffer.allocUnsafeSlow(64 * 1024);
  readonly #instances = new Map<string, Instance>();
  readonly #counters = new Map<string, TrafficCounter>();
  readonly #idPrefix = randomBytes(6).toString('hex');
  #idCount = 0;
  #tick: NodeJS.Timeout | undefined;

  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.httpsPort = options.httpsPort;
    this.#lines = new AccessLines(options.clock);
    this.health = new HealthWatch({ recovered: () => this.#kick() });
  }

  now(): number {
    return this.#clock.monotonic();
  }

  /** Takes over a connection that was just accepted. */
  accept(socket: Socket, scheme: 'http' | 'https'): void {
    const remote = socket.remoteAddress;
    if (remote === undefined) {
      socket.destroy();
      return;
    }
    const address = remote.startsWith('::ffff:') ? remote.slice(7) : remote;
    const family = address.includes(':') ? 'ipv6' : 'ipv4';
    const trusted = this.#options.trustedProxies?.check(address, family) ?? false;
    this.connections.add(new ClientConnection(this, socket, { address, scheme, trusted }));
    this.#tick ??= setInterval(() => this.#expire(), tickMs);
  }

  #expire(): void {
    const now = this.now();
    for (const connection of this.connections) if (connection.deadline <= now) connection.expire();
    for (const instance of this.#instances.values()) instance.closeStale(now);
    if (this.connections.size > 0) return;
    clearInterval(this.#tick);
    this.#tick = undefined;
  }

  /** Swaps the table. Requests in flight stay with their instances; waiting ones look again. */
  apply(table: RouteTable): void {
    this.refuseOlder(table);
    const used = new Map<Instance, Route>();
    this.table = compileTable(
      table,
      (route, upstream) => {
        const instance = this.#instanceFor(route, upstream);
        // Of several routes to one service, one with a health path says how it is asked.
        if (!used.get(instance)?.health) used.set(instance, route);
        return instance;
      },
      (route, release) => this.#counterFor(route, release),
    );
    for (const [instance, route] of used) this.health.watch(instance, route);
    for (const [key, instance] of this.#instances) {
      if (used.has(instance)) continue;
      if (!instance.retired) {
        instance.retire();
        this.health.forget(instance);
      }
      if (instance.isIdle) this.#instances.delete(key);
    }
    this.#pruneCounters();
    this.#kick();
  }

  /** Throws `conflict` for a table that is older than the present one. */
  refuseOlder(table: RouteTable): void {
    const present = this.table.generation;
    if (table.generation >= present) return;
    throw new Failure(
      'conflict',
      `Cannot apply routes of generation ${table.generation}: the ingress has ${present}.`,
    );
  }

  #instanceFor(route: Route, upstream: Upstream): Instance {
    const key = `${upstream.instance} ${upstream.port} ${upstream.release} ${route.environment} ${route.service}`;
    let instance = this.#instances.get(key);
    if (instance === undefined) {
      instance = new Instance(upstream.instance, upstream.port, this.#counterFor(route, upstream.release));
      this.#instances.set(key, instance);
    }
    instance.retired = false;
    return instance;
  }

  #counterFor(route: Route, release: string): TrafficCounter {
    const key = `${route.environment} ${route.service} ${release}`;
    const known = this.#counters.get(key);
    if (known !== undefined) return known;
    const counter = new TrafficCounter(route.environment, route.service, release);
    this.#counters.set(key, counter);
    return counter;
  }

  #pruneCounters(): void {
    const present = new Set<TrafficCounter>([...this.#instances.values()].map(({ counter }) => counter));
    for (const { counter } of this.table.routes) present.add(counter);
    let excess = this.#counters.size - present.size - keptCounters;
    for (const [key, counter] of this.#counters) {
      if (excess <= 0) return;
      if (present.has(counter)) continue;
      this.#counters.delete(key);
      excess -= 1;
    }
  }

  /** Lets every waiting request look for an instance again. */
  #kick(): void {
    for (const exchange of [...this.holds]) exchange.begin();
  }

  mayHold(): boolean {
    return !this.stopping && this.holds.size < maxHolds;
  }

  connect(instance: Instance): UpstreamConnection {
    return new UpstreamConnection(instance, this.#readBuffer, defaultIdleLimitMs, this.#options.reportBug);
  }

  /** Sends no more requests to an instance until it was seen to be up again. */
  markDown(instance: Instance, reason: string): void {
    this.health.markDown(instance, reason);
  }

  instancesNamed(names: ReadonlySet<string>): readonly Instance[] {
    return [...this.#instances.values()].filter(({ id }) => names.has(id));
  }

  stats(): readonly TrafficStats[] {
    return [...this.#counters.values()].map((counter) => counter.snapshot());
  }

  /** The client's own id when it is a sane one, else a new one. */
  requestId(head: RequestHead, buffer: Buffer): string {
    if (head.requestId >= 0) {
      const start = head.fields.valueStart[head.requestId] as number;
      const end = head.fields.valueEnd[head.requestId] as number;
      const given = end - start <= 128 ? latin1(buffer, start, end) : '';
      if (/^[A-Za-z0-9._:-]+$/.test(given)) return given;
    }
    return this.newRequestId();
  }

  newRequestId(): string {
    this.#idCount += 1;
    return `${this.#idPrefix}-${this.#idCount.toString(36)}`;
  }

  log(exchange: Exchange): void {
    this.#options.accessLog.write(this.#lines.request(exchange));
  }

  logRefusal(client: ClientConnection, id: string, status: number, reason: string): void {
    this.#options.accessLog.write(this.#lines.refusal(client, id, status, reason));
  }

  reportBug(error: unknown): void {
    this.#options.reportBug(error);
  }

  /** Ends what is idle and cuts what is left. */
  cutEverything(): void {
    for (const connection of this.connections) connection.abort();
    this.health.close();
    for (const instance of this.#instances.values()) instance.retire();
    clearInterval(this.#tick);
    this.#tick = undefined;
  }
}
