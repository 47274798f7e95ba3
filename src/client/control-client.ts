import type {
  ControlBody,
  ControlCallName,
  ControlParams,
  ControlQuery,
  ControlResponse,
} from '../api/control.ts';
import { Failure, type FailureDocument, failureFromDocument } from '../core/failure.ts';
import { callRoutes, callTarget, type Plain } from './calls.ts';
import { type Exchange, openExchange } from './exchange.ts';

/** `key` may be left out where nothing in it is required. */
type Part<Key extends string, Value> =
  Record<never, never> extends Value ? { readonly [K in Key]?: Value } : { readonly [K in Key]: Value };

export type CallInput<N extends ControlCallName> = Part<'params', ControlParams<N>> &
  Part<'query', ControlQuery<N>> &
  (ControlBody<N> extends null ? object : { readonly body: ControlBody<N> });

export interface ControlClientOptions {
  readonly socketPath: string;
  /** Longest silence before an answer, in milliseconds, for calls that do not wait for work. */
  readonly timeoutMs?: number;
  /**
   * Brings the control plane up when nobody answers on the socket. Called before a call is given up, and by
   * what follows an operation across a restart.
   */
  readonly revive?: (signal: AbortSignal) => Promise<void>;
}

interface LooseInput {
  readonly params?: Readonly<Record<string, Plain | undefined>>;
  readonly query?: Readonly<Record<string, Plain | undefined>>;
  readonly body?: unknown;
}

const never = new AbortController().signal;

/** The typed client of the control API. Failures of the server arrive as the `Failure` that it threw. */
export class ControlClient {
  readonly socketPath: string;
  readonly #timeoutMs: number;
  readonly #revive: ((signal: AbortSignal) => Promise<void>) | undefined;

  constructor(options: ControlClientOptions) {
    this.socketPath = options.socketPath;
    this.#timeoutMs = options.timeoutMs ?? 60_000;
    this.#revive = options.revive;
  }

  /**
   * One request, one JSON document. Throws the server's failure, or `control-unreachable` when nobody answers
   * and nobody could be brought up.
   */
  async call<N extends ControlCallName>(
    name: N,
    input: CallInput<N>,
    signal: AbortSignal = never,
  ): Promise<ControlResponse<N>> {
    await using exchange = await this.open(name, input as LooseInput, signal);
    // The contract's test on the server's side checks every answer against this type.
    return JSON.parse(await readText(exchange)) as ControlResponse<N>;
  }

  /** For the calls that stream. The caller disposes of the exchange. */
  async open(
    name: ControlCallName,
    input: LooseInput & { readonly stream?: AsyncIterable<Uint8Array> },
    signal: AbortSignal,
  ): Promise<Exchange> {
    const route = callRoutes[name];
    const body = input.stream ?? (input.body === undefined ? undefined : JSON.stringify(input.body));
    const request = {
      method: route.method,
      target: callTarget(route, input.params ?? {}, input.query ?? {}),
      timeoutMs: route.waits === true ? 0 : this.#timeoutMs,
      ...(body === undefined ? {} : { body }),
    };
    const exchange = await this.#connect(() => openExchange(this.socketPath, request, signal), signal);
    if (exchange.head.status < 400) return exchange;
    await using failed = exchange;
    throw await readFailure(failed);
  }

  async #connect(attempt: () => Promise<Exchange>, signal: AbortSignal): Promise<Exchange> {
    try {
      return await attempt();
    } catch (error) {
      if (this.#revive === undefined || !isNotRunning(error)) throw error;
    }
    await this.#revive(signal);
    return attempt();
  }
}

/** Whether nobody listens on the socket: the request certainly did not arrive anywhere. */
export function isNotRunning(error: unknown): boolean {
  return (
    error instanceof Failure &&
    error.code === 'control-unreachable' &&
    error.details['reason'] === 'not-running'
  );
}

/** Whether the connection was lost, so that nobody knows whether the request arrived. */
export function isCutOff(error: unknown): boolean {
  return (
    error instanceof Failure && error.code === 'control-unreachable' && error.details['reason'] === 'cut-off'
  );
}

async function readText(exchange: Exchange): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of exchange.body) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

async function readFailure(exchange: Exchange): Promise<Failure> {
  const text = await readText(exchange);
  try {
    const document = JSON.parse(text) as Partial<FailureDocument>;
    if (typeof document.code === 'string' && typeof document.message === 'string') {
      return failureFromDocument({
        ...(document as FailureDocument),
        retryable: document.retryable === true,
      });
    }
  } catch {
    // Told below, with what did arrive.
  }
  return new Failure('internal', `The control plane answered ${exchange.head.status}: ${text.slice(0, 300)}`);
}
