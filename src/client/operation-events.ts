import type { OperationEventView } from '../api/operation-events.ts';
import { Failure } from '../core/failure.ts';
import { type ControlClient, isCutOff, isNotRunning } from './control-client.ts';
import { pause } from './pause.ts';
import { textLines } from './text-lines.ts';

export interface FollowOptions {
  /** Sequence number of the last event already seen; 0 from the beginning. */
  readonly after?: number;
  /** The connection broke; it is being made again from the last event on. */
  readonly onLost?: () => void;
  readonly onResumed?: () => void;
}

const firstPauseMs = 100;
const longestPauseMs = 2000;

/**
 * The events of an operation in order, each once, until it has finished. A broken connection, a restart of
 * the control plane included, is taken up again after the last event seen. Ends by throwing only for the
 * signal, for a failure that the server states, or when the control plane cannot be brought up.
 */
export async function* followOperation(
  client: ControlClient,
  id: string,
  signal: AbortSignal,
  options: FollowOptions = {},
): AsyncGenerator<OperationEventView, void> {
  let after = options.after ?? 0;
  let failures = 0;
  for (;;) {
    try {
      await using exchange = await client.open(
        'operationEvents',
        { params: { id }, query: { after } },
        signal,
      );
      if (failures > 0) options.onResumed?.();
      for await (const event of serverSentEvents(exchange.body)) {
        failures = 0;
        if (event.seq <= after) continue;
        after = event.seq;
        yield event;
        if (event.type === 'finished') return;
      }
    } catch (error) {
      if (!isCutOff(error) && !isNotRunning(error)) throw error;
      if (failures >= mostFailures) throw error;
    }
    // The server also ends the stream in good order when it stops for a restart.
    if (failures === 0) options.onLost?.();
    failures += 1;
    await pause(Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures, 10)), signal);
  }
}

/** About a minute at the longest pause. */
const mostFailures = 30;

/** Reads `data:` of server-sent events, each one whole event document; comments keep the connection alive. */
async function* serverSentEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<OperationEventView, void> {
  let data: string[] = [];
  for await (const line of textLines(body)) {
    if (line.startsWith('data:')) data.push(line.slice(line.startsWith('data: ') ? 6 : 5));
    if (line !== '' || data.length === 0) continue;
    yield parseEvent(data.join('\n'));
    data = [];
  }
}

function parseEvent(text: string): OperationEventView {
  try {
    return JSON.parse(text) as OperationEventView;
  } catch (error) {
    throw new Failure('internal', `An event of the control plane is not JSON: ${text.slice(0, 100)}`, {
      cause: error,
    });
  }
}
