import type { LoadResult } from './load-plan.ts';
import type { RequestShape } from './request-mix.ts';
import type { Answer } from './send-request.ts';

const mostExamples = 12;

/** Adds up what came of each request. Times are `performance.now()` of the generator. */
export class Tally {
  sent = 0;
  webSocketsCut = 0;
  webSocketsMoved = 0;
  webSocketMessages = 0;
  #lost = 0;
  #wrong = 0;
  #lastGoodAt: number;
  #longestGapMs = 0;
  #closed = false;
  readonly #startedAt: number;
  readonly #latencies: number[] = [];
  readonly #reasons = new Map<string, number>();
  readonly #examples: string[] = [];
  readonly #versions = new Map<number, { answers: number; firstAt: number; lastAt: number }>();

  constructor(startedAt: number) {
    this.#startedAt = startedAt;
    this.#lastGoodAt = startedAt;
  }

  /** `dueAt` is when the request had to be sent: a generator that falls behind would else hide the delay. */
  answered(shape: RequestShape, answer: Answer, dueAt: number, now: number): void {
    if (answer.kind === 'good') {
      this.#good(answer.version, now);
      if (!shape.slow && shape.body === null) this.#latencies.push(now - dueAt);
      return;
    }
    const size =
      shape.body === null
        ? ''
        : `, ${shape.body.content.length} bytes${shape.body.chunked ? ' chunked' : ''}`;
    const what = `${shape.slow ? 'slow ' : ''}${shape.method}${size}`;
    this.failed(answer.kind, answer.reason, `${what}, answered after ${Math.round(now - dueAt)} ms`, now);
  }

  failed(kind: 'lost' | 'wrong', reason: string, what: string, now: number): void {
    if (kind === 'lost') this.#lost += 1;
    else this.#wrong += 1;
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
    if (this.#examples.length >= mostExamples) return;
    this.#examples.push(`${((now - this.#startedAt) / 1000).toFixed(3)} s: ${kind}: ${reason} (${what})`);
  }

  /** From here on nothing new is sent, so that silence means nothing. */
  close(now: number): void {
    this.#seeGap(now);
    this.#closed = true;
  }

  result(): LoadResult {
    const sorted = this.#latencies.toSorted((a, b) => a - b);
    const at = (share: number): number => round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0);
    return {
      sent: this.sent,
      lost: this.#lost,
      wrong: this.#wrong,
      longestGapMs: round(this.#longestGapMs),
      webSocketsCut: this.webSocketsCut,
      webSocketsMoved: this.webSocketsMoved,
      webSocketMessages: this.webSocketMessages,
      latencyMs: { p50: at(0.5), p99: at(0.99), max: at(1) },
      reasons: Object.fromEntries(this.#reasons),
      examples: this.#examples,
      versions: [...this.#versions].map(([version, seen]) => ({ version, ...seen })),
    };
  }

  #good(version: number, now: number): void {
    this.#seeGap(now);
    const at = performance.timeOrigin + now;
    const seen = this.#versions.get(version);
    if (seen === undefined) this.#versions.set(version, { answers: 1, firstAt: at, lastAt: at });
    else {
      seen.answers += 1;
      seen.lastAt = at;
    }
  }

  #seeGap(now: number): void {
    if (!this.#closed) this.#longestGapMs = Math.max(this.#longestGapMs, now - this.#lastGoodAt);
    this.#lastGoodAt = now;
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
