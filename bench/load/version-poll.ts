import { openTarget, sendRequest, type Target } from './send-request.ts';

const everyMs = 2;

export interface VersionTimes {
  /** `performance.now()` of the first good answer of the version. */
  readonly first: number | undefined;
  readonly last: number | undefined;
}

/** Asks every two milliseconds on idle connections, whether or not earlier answers came, and notes who answered. */
export class VersionPoll implements Disposable {
  readonly #target: Target;
  readonly #timer: NodeJS.Timeout;
  readonly #times = new Map<number, { first: number; last: number }>();
  #count = 0;
  #failed = 0;

  constructor(port: number, host: string) {
    this.#target = openTarget(port, host);
    this.#timer = setInterval(() => void this.#ask(), everyMs);
  }

  get failed(): number {
    return this.#failed;
  }

  timesOf(version: number): VersionTimes {
    return this.#times.get(version) ?? { first: undefined, last: undefined };
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#target.agent.destroy();
  }

  async #ask(): Promise<void> {
    const nonce = `p${this.#count++}`;
    const path = `/echo?nonce=${nonce}`;
    const shape = { method: 'GET', path, nonce, slow: false, fresh: false, body: null } as const;
    const answer = await sendRequest(this.#target, shape, 0);
    if (answer.kind !== 'good') {
      this.#failed += 1;
      return;
    }
    const now = performance.now();
    const seen = this.#times.get(answer.version);
    if (seen === undefined) this.#times.set(answer.version, { first: now, last: now });
    else seen.last = now;
  }
}
