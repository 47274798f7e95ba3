import type { LogLine } from '../api/agent.ts';
import type { ControlClient } from './control-client.ts';
import { textLines } from './text-lines.ts';

export interface LogRequest {
  readonly service?: string;
  readonly instance?: string;
  /** How many of the last lines come first. */
  readonly lines: number;
  readonly follow?: boolean;
}

/** Log lines of an environment, oldest first; with `follow` until the signal aborts. */
export async function* readLogLines(
  client: ControlClient,
  environment: { readonly app: string; readonly environment: string },
  request: LogRequest,
  signal: AbortSignal,
): AsyncGenerator<LogLine, void> {
  await using exchange = await client.open('logs', { params: environment, query: { ...request } }, signal);
  for await (const line of textLines(exchange.body)) {
    if (line !== '') yield JSON.parse(line) as LogLine;
  }
}
