import type { LogLine } from '../api/agent.ts';
import type { ControlQuery } from '../api/control.ts';
import type { ControlClient } from './control-client.ts';
import { textLines } from './text-lines.ts';

/** Log lines of an environment, oldest first; with `follow` until the signal aborts. */
export async function* readLogLines(
  client: ControlClient,
  environment: { readonly app: string; readonly environment: string },
  query: ControlQuery<'logs'>,
  signal: AbortSignal,
): AsyncGenerator<LogLine, void> {
  await using exchange = await client.open('logs', { params: environment, query }, signal);
  for await (const line of textLines(exchange.body)) {
    if (line !== '') yield JSON.parse(line) as LogLine;
  }
}
