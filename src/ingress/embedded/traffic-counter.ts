import type { TrafficStats } from '../ingress.ts';

/** Fine where people notice, coarse where they have long given up. */
export const latencyBoundsMs: readonly number[] = [
  1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 1500, 2000, 3000, 5000, 7500,
  10_000, 15_000, 30_000, 60_000,
];

/** Counts for one service and release since the process started. */
export class TrafficCounter {
  readonly environment: string;
  readonly service: string;
  readonly release: string;
  requests = 0;
  errors = 0;
  inFlight = 0;
  webSockets = 0;
  readonly #latencyCounts = new Array<number>(latencyBoundsMs.length + 1).fill(0);

  constructor(environment: string, service: string, release: string) {
    this.environment = environment;
    this.service = service;
    this.release = release;
  }

  /** Adds one answer that took `latencyMs` from the head sent upstream to the head received. */
  observe(latencyMs: number): void {
    let bucket = 0;
    while (bucket < latencyBoundsMs.length && latencyMs > (latencyBoundsMs[bucket] as number)) bucket += 1;
    this.#latencyCounts[bucket] = (this.#latencyCounts[bucket] as number) + 1;
  }

  snapshot(): TrafficStats {
    return {
      environment: this.environment,
      service: this.service,
      release: this.release,
      requests: this.requests,
      errors: this.errors,
      inFlight: this.inFlight,
      webSockets: this.webSockets,
      latencyBoundsMs,
      latencyCounts: [...this.#latencyCounts],
    };
  }
}
