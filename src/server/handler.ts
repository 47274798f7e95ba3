import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { ControlCallName, ControlCalls } from '../api/control.ts';

/** A request that fits its contract. */
export interface CallRequest<N extends ControlCallName> {
  readonly params: z.output<ControlCalls[N]['params']>;
  readonly query: z.output<ControlCalls[N]['query']>;
  readonly body: ControlCalls[N]['body'] extends z.ZodType ? z.output<ControlCalls[N]['body']> : null;
  /** Aborts when the client goes away or the server stops. */
  readonly signal: AbortSignal;
}

export type StreamCallName = {
  [N in ControlCallName]: ControlCalls[N] extends { readonly stream: string } ? N : never;
}[ControlCallName];
export type PlainCallName = Exclude<ControlCallName, StreamCallName>;

/** Answers with the document that the contract names. */
export type PlainHandler<N extends PlainCallName> = (
  request: CallRequest<N>,
) => Promise<z.input<ControlCalls[N]['response']>> | z.input<ControlCalls[N]['response']>;

/** Writes the stream itself; a failure thrown before the first byte becomes an ordinary answer. */
export type StreamHandler<N extends StreamCallName> = (
  request: CallRequest<N>,
  message: IncomingMessage,
  response: ServerResponse,
) => Promise<void>;

export type Handlers = { readonly [N in PlainCallName]: PlainHandler<N> } & {
  readonly [N in StreamCallName]: StreamHandler<N>;
};
