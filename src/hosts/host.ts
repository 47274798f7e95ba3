import type { AgentCallName, AgentRequest, AgentResponse, LogLine, LogQuery } from '../api/agent.ts';

/** A machine that runs instances, seen through its agent. Near and far hosts answer the same typed calls. */
export interface Host {
  readonly name: string;
  /**
   * Makes one call. Throws the agent's own `Failure` when it refuses, `host-unreachable` (retryable) when the
   * agent does not answer. Whether the call took effect is then unknown; ask before doing it again unless it is idempotent.
   */
  call<N extends AgentCallName>(
    name: N,
    request: AgentRequest<N>,
    signal: AbortSignal,
  ): Promise<AgentResponse<N>>;
  /** Sends blobs that `missingBlobs` named; each is verified on arrival. */
  sendBlobs(digests: readonly string[], signal: AbortSignal): Promise<{ readonly bytes: number }>;
  /**
   * Runs a command beside a live instance, in its release and with its variables. `input` becomes its standard
   * input. Yields lines of JSON, `{ stream: 'out' | 'err', base64 }`, and last `{ exit: number }`.
   */
  exec(
    request: { readonly instance: string; readonly argv: readonly string[] },
    input: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>>;
  /** Log lines, oldest first; ends by itself unless the query follows. */
  logs(query: LogQuery, signal: AbortSignal): AsyncIterable<LogLine>;
}

/** Finds the host that an environment names; throws `not-found` for an unknown one. */
export interface Hosts {
  get(name: string): Host;
}
