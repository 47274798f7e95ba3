import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import { Failure } from '../../core/failure.ts';
import type { ExecSession } from '../../runtimes/runtime.ts';
import type { Instances } from '../instances/instances.ts';
import type { StreamHandler } from './agent-server.ts';
import { ByteReader } from './byte-reader.ts';

const requestSchema = z.strictObject({ instance: z.string(), argv: z.array(z.string()).min(1) });
const longestRequest = 1024 * 1024;

/**
 * `POST /v1/exec`: the first line of the body says what to run beside which instance, the rest is its standard
 * input. Answers with lines of JSON, `{ stream, base64 }`, and last `{ exit }`. The command ends when the caller goes.
 */
export function execStream(instances: Instances): StreamHandler {
  return async (request, response, _url, signal) => {
    const reader = new ByteReader(request);
    const { instance, argv } = parseRequest(await reader.line(longestRequest));
    const session = await instances.exec(instance, { kind: 'argv', argv }, signal);
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    response.flushHeaders();
    // The command may end before its input does; nobody waits for the rest then.
    void feed(session, reader).catch(() => undefined);
    for await (const { stream, data } of session.output) {
      const base64 = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
      await send(response, { stream, base64 }, signal);
    }
    await send(response, { exit: await session.exitCode }, signal);
    response.end();
    // Input that is still on its way must not keep the connection from its next call.
    request.resume();
  };
}

function parseRequest(line: string | undefined): z.infer<typeof requestSchema> {
  try {
    return requestSchema.parse(JSON.parse(line ?? ''));
  } catch (cause) {
    throw new Failure('usage-invalid', 'The first line must say what to run: { instance, argv }.', { cause });
  }
}

async function feed(session: ExecSession, reader: ByteReader): Promise<void> {
  for await (const piece of reader.remaining()) await session.write(piece);
  session.endInput();
}

async function send(response: ServerResponse, frame: object, signal: AbortSignal): Promise<void> {
  if (signal.aborted || response.write(`${JSON.stringify(frame)}\n`)) return;
  await once(response, 'drain', { signal }).catch(() => undefined);
}
