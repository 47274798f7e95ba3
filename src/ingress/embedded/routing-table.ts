import type { Route, RouteTable, RouteTls, Upstream } from '../ingress.ts';
import type { Instance } from './instance.ts';
import type { TrafficCounter } from './traffic-counter.ts';

/** A route with the instances behind it. */
export class CompiledRoute {
  readonly route: Route;
  readonly instances: readonly Instance[];
  /** Counts what no instance could answer. */
  readonly counter: TrafficCounter;
  #next = 0;

  constructor(route: Route, instances: readonly Instance[], counter: TrafficCounter) {
    this.route = route;
    this.instances = instances;
    this.counter = counter;
  }

  matchesPath(path: string): boolean {
    const prefix = this.route.pathPrefix;
    if (!path.startsWith(prefix)) return false;
    return prefix.endsWith('/') || path.length === prefix.length || path.charCodeAt(prefix.length) === 0x2f;
  }

  /** The instance that is up and has least in flight, in turn among equals; `avoid` only when it is the last. */
  pick(avoid: Instance | null): Instance | undefined {
    const { instances } = this;
    if (instances.length === 1) {
      const only = instances[0] as Instance;
      return only.down === undefined ? only : undefined;
    }
    let best: Instance | undefined;
    this.#next += 1;
    for (let offset = 0; offset < instances.length; offset += 1) {
      const instance = instances[(this.#next + offset) % instances.length] as Instance;
      if (instance.down !== undefined) continue;
      if (best === undefined || best === avoid || (instance !== avoid && instance.inFlight < best.inFlight)) {
        best = instance;
      }
    }
    return best;
  }
}

/** A route table made ready for look-ups; it never changes, a new one takes its place. */
export class RoutingTable {
  readonly generation: number;
  readonly routes: readonly CompiledRoute[];
  /** The most patient of all routes: before a head is complete nobody knows which one it is for. */
  readonly headTimeoutMs: number;
  readonly #byHost = new Map<string, CompiledRoute[]>();

  constructor(generation: number, routes: readonly CompiledRoute[]) {
    this.generation = generation;
    this.routes = routes;
    this.headTimeoutMs =
      routes.reduce((most, { route }) => Math.max(most, route.limits.headTimeoutMs), 0) || 10_000;
    for (const compiled of routes) {
      for (const host of compiled.route.hosts) {
        const list = this.#byHost.get(host) ?? [];
        list.push(compiled);
        list.sort((a, b) => b.route.pathPrefix.length - a.route.pathPrefix.length);
        this.#byHost.set(host, list);
      }
    }
  }

  /** The route for a lower-case host name without port and a path; the longest matching prefix wins. */
  match(host: string, path: string): CompiledRoute | undefined {
    const candidates = this.#byHost.get(host);
    if (candidates === undefined) return undefined;
    for (const candidate of candidates) if (candidate.matchesPath(path)) return candidate;
    return undefined;
  }

  /** How a host is served over https; undefined when none of its routes is. */
  tlsForHost(host: string): RouteTls | undefined {
    const served = this.#byHost.get(host)?.find(({ route }) => route.tls.mode !== 'off');
    return served?.route.tls;
  }

  get usesTls(): boolean {
    return this.routes.some(({ route }) => route.tls.mode !== 'off');
  }
}

/** Makes a table ready; instances and counters that are already known are handed in again by the two functions. */
export function compileTable(
  table: RouteTable,
  instanceFor: (route: Route, upstream: Upstream) => Instance,
  counterFor: (route: Route, release: string) => TrafficCounter,
): RoutingTable {
  const routes = table.routes.map((route) => {
    const instances = route.upstreams.map((upstream) => instanceFor(route, upstream));
    return new CompiledRoute(route, instances, counterFor(route, route.upstreams[0]?.release ?? ''));
  });
  return new RoutingTable(table.generation, routes);
}

/** `Shop.Example.:8080` → `shop.example`. */
export function hostName(authority: string): string {
  let name = authority;
  const colon = name.lastIndexOf(':');
  if (colon > name.lastIndexOf(']')) name = name.slice(0, colon);
  if (name.endsWith('.')) name = name.slice(0, -1);
  return name.toLowerCase();
}
