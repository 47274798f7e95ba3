import type { Clock } from '../core/units.ts';
import type { LeaseSight } from './storage.ts';

/** Remembers the leases that others hold, to tell when one has not been renewed for too long. */
export class LeaseWatch {
  readonly #clock: Clock;
  readonly #leaseMs: number;
  readonly #seen = new Map<string, { readonly sight: LeaseSight; readonly since: number }>();

  constructor(clock: Clock, leaseMs: number) {
    this.#clock = clock;
    this.#leaseMs = leaseMs;
  }

  saw(environment: string, sight: LeaseSight): void {
    const known = this.#seen.get(environment)?.sight;
    if (known?.fence === sight.fence && known.renewal === sight.renewal) return;
    this.#seen.set(environment, { sight, since: this.#clock.monotonic() });
  }

  /** What was seen long enough ago, without change since; null when nothing was. */
  expired(environment: string): LeaseSight | null {
    const seen = this.#seen.get(environment);
    if (seen === undefined || this.#clock.monotonic() - seen.since < this.#leaseMs) return null;
    return seen.sight;
  }

  forget(environment: string): void {
    this.#seen.delete(environment);
  }
}
