import type { Instant, Millis } from '../core/units.ts';

/** One running instance that can answer requests. It listens on 127.0.0.1. */
export interface Upstream {
  /** Instance id; what `drain` and the statistics are keyed by. */
  readonly instance: string;
  readonly port: number;
  /** Release digest, so that statistics of two releases can be compared. */
  readonly release: string;
}

export type RouteTls =
  | { readonly mode: 'off' }
  /** A certificate signed by the local CA, which is made on first use. */
  | { readonly mode: 'local' }
  /** PEM files on this host. */
  | { readonly mode: 'files'; readonly certificate: string; readonly key: string };

export interface RouteLimits {
  readonly maxBodyBytes: number;
  /** From the first byte of a request until its head is complete. */
  readonly headTimeoutMs: number;
  /** Between two chunks of a request body. */
  readonly bodyIdleTimeoutMs: number;
  /** From the whole request sent until the first byte of the response head. */
  readonly responseTimeoutMs: number;
}

export interface Route {
  /** `app/environment/service` and prefix; unique in a table. */
  readonly id: string;
  readonly environment: string;
  readonly service: string;
  /** Lower-case host names without port. */
  readonly hosts: readonly string[];
  /** Begins with `/`; the longest matching prefix wins; `/shop` matches `/shop` and `/shop/x`, not `/shopping`. */
  readonly pathPrefix: string;
  readonly upstreams: readonly Upstream[];
  readonly tls: RouteTls;
  /** Path polled on each upstream after the switch; an unhealthy one gets no new requests. */
  readonly health: { readonly path: string; readonly intervalMs: number; readonly timeoutMs: number } | null;
  /** How long a request may wait for an upstream when there is none or all are down; then 503. */
  readonly holdMs: number;
  /** Present: answer with a maintenance page (503, Retry-After); the health path still reaches the upstream. */
  readonly maintenance: { readonly message: string } | null;
  readonly limits: RouteLimits;
}

export interface RouteTable {
  /** Grows with every change; an older table is refused. */
  readonly generation: number;
  /** No two may claim the same host and prefix. */
  readonly routes: readonly Route[];
}

export interface DrainResult {
  readonly drained: boolean;
  readonly requests: number;
  readonly webSockets: number;
}

/** Counts since the ingress started, for one service and release. */
export interface TrafficStats {
  readonly environment: string;
  readonly service: string;
  readonly release: string;
  readonly requests: number;
  /** Answers 500 to 599 from the application and failures to get one. */
  readonly errors: number;
  readonly inFlight: number;
  readonly webSockets: number;
  /**
   * Upper bounds in milliseconds of the histogram's buckets, of which there is one more, open at the top. An answer
   * counts from the whole request sent to an instance until the head of its response; waiting for one is left out.
   */
  readonly latencyBoundsMs: readonly number[];
  readonly latencyCounts: readonly number[];
}

export interface IngressStatus {
  readonly pid: number;
  readonly startedAt: Instant;
  readonly generation: number;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Instances that the health poll holds for down, with the reason. */
  readonly down: readonly { readonly instance: string; readonly reason: string }[];
}

/** What the agent asks of an ingress. Every driver passes `conformance/`. */
export interface Ingress {
  /**
   * Replaces the whole table at once. Resolves when every new request is routed by it; requests in flight
   * finish where they are. Refuses a generation lower than the present one; the same generation is a no-op.
   */
  apply(table: RouteTable, signal: AbortSignal): Promise<void>;
  /**
   * Waits until no request and no WebSocket is left on these instances, at most `timeoutMs`. WebSockets get a
   * close frame (1012, service restart) when half of the time has gone. At the bound what is left is cut, and the result says
   * how much that was.
   */
  drain(instances: readonly string[], timeoutMs: Millis, signal: AbortSignal): Promise<DrainResult>;
  stats(signal: AbortSignal): Promise<readonly TrafficStats[]>;
  status(signal: AbortSignal): Promise<IngressStatus>;
}
