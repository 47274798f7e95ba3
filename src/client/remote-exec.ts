import { Failure, type FailureDocument, failureFromDocument } from '../core/failure.ts';
import type { ControlClient } from './control-client.ts';
import { textLines } from './text-lines.ts';

/** What comes back, a line each; the last one has `exit` (or `failure`, when the command could not be run). */
type ExecFrame =
  | { readonly stream: 'out' | 'err'; readonly base64: string }
  | { readonly exit: { readonly code: number | null; readonly signal: string | null } | number }
  | { readonly failure: FailureDocument };

export interface ExecRequest {
  readonly app: string;
  readonly environment: string;
  readonly service: string | undefined;
  readonly argv: readonly string[];
  readonly input: AsyncIterable<Uint8Array>;
  /** The next output waits for what it returns. */
  readonly onOutput: (stream: 'out' | 'err', bytes: Buffer) => Promise<void> | void;
}

/** Runs a command beside a live instance and resolves to its exit code: 128 when a signal ended it. */
export async function remoteExec(
  client: ControlClient,
  request: ExecRequest,
  signal: AbortSignal,
): Promise<number> {
  const { app, environment, service, argv, input } = request;
  const query = { service, argv: JSON.stringify(argv) };
  await using exchange = await client.open(
    'exec',
    { params: { app, environment }, query, stream: input },
    signal,
  );
  for await (const line of textLines(exchange.body)) {
    if (line === '') continue;
    const frame = JSON.parse(line) as ExecFrame;
    if ('failure' in frame) throw failureFromDocument(frame.failure);
    if ('stream' in frame) await request.onOutput(frame.stream, Buffer.from(frame.base64, 'base64'));
    if ('exit' in frame) return typeof frame.exit === 'number' ? frame.exit : (frame.exit.code ?? 128);
  }
  throw new Failure('control-unreachable', 'The connection broke before the command ended.', {
    hint: 'The command may still be running on the host.',
    retryable: true,
  });
}
