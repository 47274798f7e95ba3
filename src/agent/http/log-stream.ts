import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import { type LogLine, logQuerySchema } from '../../api/agent.ts';
import { Failure } from '../../core/failure.ts';
import type { Logs } from '../logs/logs.ts';
import { matchesQuery, readLogs } from '../logs/read-logs.ts';
import type { StreamHandler } from './agent-server.ts';

/** A follower that cannot keep up loses lines rather than fill the memory of the agent. */
const mostWaiting = 10_000;

/** `GET /v1/logs`: lines that there are, then, when the query follows, lines as they come. */
export function logStream(logs: Logs, directoryOf: (environment: string) => string): StreamHandler {
  return async (_request, response, url, signal) => {
    const parsed = logQuerySchema.safeParse(Object.fromEntries(url.searchParams));
    if (!parsed.success) {
      throw new Failure('usage-invalid', `The log query does not fit: ${z.prettifyError(parsed.error)}`);
    }
    const query = parsed.data;
    const waiting: LogLine[] = [];
    let wake = (): void => undefined;
    const stop = logs.follow((environment, line) => {
      if (!query.follow || environment !== query.environment || !matchesQuery(line, query)) return;
      if (waiting.length >= mostWaiting) waiting.shift();
      waiting.push(line);
      wake();
    });
    try {
      const past = await readLogs(directoryOf(query.environment), query, signal);
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      await send(response, past, signal);
      // Lines that came while the past was read are in both.
      const last = past.at(-1)?.at ?? 0;
      const seen = new Set(past.filter(({ at }) => at === last).map((line) => JSON.stringify(line)));
      const fresh = waiting
        .splice(0)
        .filter((line) => line.at > last || (line.at === last && !seen.has(JSON.stringify(line))));
      waiting.unshift(...fresh);
      while (query.follow && !signal.aborted) {
        await send(response, waiting.splice(0), signal);
        if (waiting.length === 0)
          await new Promise<void>((resolve) => {
            wake = resolve;
            if (waiting.length > 0 || signal.aborted) resolve();
            signal.addEventListener('abort', () => resolve(), { once: true });
          });
      }
      response.end();
    } finally {
      stop();
    }
  };
}

async function send(response: ServerResponse, lines: readonly LogLine[], signal: AbortSignal): Promise<void> {
  for (let at = 0; at < lines.length && !signal.aborted; at += 200) {
    const text = lines
      .slice(at, at + 200)
      .map((line) => `${JSON.stringify(line)}\n`)
      .join('');
    if (!response.write(text)) await once(response, 'drain', { signal }).catch(() => undefined);
  }
}
