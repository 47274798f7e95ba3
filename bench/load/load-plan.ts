/** What a load is made of. The generator gets it as JSON, so it holds plain values only. */
export interface LoadPlan {
  readonly port: number;
  /** Value of the Host field; connections go to 127.0.0.1 whatever it says. */
  readonly host: string;
  readonly requestsPerSecond: number;
  /** Share of requests that the application takes `slowMs` to answer. */
  readonly slowShare: number;
  readonly slowMs: number;
  /** Share of requests that are POSTs with a body. */
  readonly postShare: number;
  /** WebSockets held open, each sending a message every 100 ms. */
  readonly webSockets: number;
  readonly seed: number;
}

/** How one release answered: epoch milliseconds of its first and last good answer. */
export interface VersionSeen {
  readonly version: number;
  readonly answers: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

export interface LoadResult {
  readonly sent: number;
  readonly lost: number;
  readonly wrong: number;
  /** Longest time without any good answer. */
  readonly longestGapMs: number;
  /** WebSockets that ended without a close frame. */
  readonly webSocketsCut: number;
  /** WebSockets that were asked to reconnect with a close frame (1001 or 1012). */
  readonly webSocketsMoved: number;
  readonly webSocketMessages: number;
  /** Of the good answers to GETs that are not slow by wish. */
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Why requests were lost or wrong, with counts. */
  readonly reasons: Readonly<Record<string, number>>;
  /** The first few of them, one line each. */
  readonly examples: readonly string[];
  readonly versions: readonly VersionSeen[];
}

export type ToGenerator = { readonly type: 'start'; readonly plan: LoadPlan } | { readonly type: 'stop' };
export type FromGenerator =
  | { readonly type: 'ready' }
  | { readonly type: 'result'; readonly result: LoadResult };
