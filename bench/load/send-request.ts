import { createHash } from 'node:crypto';
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestBody, RequestShape } from './request-mix.ts';

export type Answer =
  | { readonly kind: 'good'; readonly version: number }
  | { readonly kind: 'lost' | 'wrong'; readonly reason: string };

export interface Target {
  readonly port: number;
  readonly host: string;
  readonly agent: Agent;
}

/** Idle connections are used last in, first out, and closed before any server would close them. */
export function openTarget(port: number, host: string): Target {
  const agent = new Agent({ keepAlive: true, scheduling: 'lifo', timeout: 4000, maxFreeSockets: 256 });
  return { port, host, agent };
}

const patienceMs = 30_000;

/** Sends one request and judges its answer. Never rejects; nothing is tried twice. */
export async function sendRequest(target: Target, shape: RequestShape, slowMs: number): Promise<Answer> {
  const deadline = AbortSignal.timeout(patienceMs + (shape.slow ? slowMs : 0));
  try {
    const { status, body } = await exchange(target, shape, deadline);
    if (status !== 200) return { kind: 'lost', reason: `status ${status}` };
    return judge(shape, body);
  } catch (error) {
    if (deadline.aborted) return { kind: 'lost', reason: 'no answer' };
    return { kind: 'lost', reason: errorCode(error) };
  }
}

function exchange(
  target: Target,
  shape: RequestShape,
  signal: AbortSignal,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: '127.0.0.1',
      port: target.port,
      method: shape.method,
      path: shape.path,
      agent: shape.fresh ? false : target.agent,
      headers: headersOf(target, shape),
      signal,
    });
    // Later errors than the first change nothing about the verdict.
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      readBody(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    });
    if (shape.body === null) outgoing.end();
    else writeBody(outgoing, shape.body).catch(reject);
  });
}

function headersOf(target: Target, { body }: RequestShape): Record<string, string> {
  const headers: Record<string, string> = { host: target.host };
  if (body === null) return headers;
  if (body.chunked) headers['transfer-encoding'] = 'chunked';
  else headers['content-length'] = String(body.content.length);
  return headers;
}

async function writeBody(outgoing: ClientRequest, body: RequestBody): Promise<void> {
  const step = Math.ceil(body.content.length / body.pieces);
  for (let start = 0; start < body.content.length; start += step) {
    if (start > 0) await sleep(body.pauseMs);
    if (outgoing.destroyed) return;
    outgoing.write(body.content.subarray(start, start + step));
  }
  outgoing.end();
}

async function readBody(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) text += String(chunk);
  if (!response.complete)
    throw Object.assign(new Error('The answer broke off.'), { code: 'answer-broken-off' });
  return text;
}

/** The application tells the nonce and the digest of what it received: an answer to another request is wrong. */
function judge(shape: RequestShape, body: string): Answer {
  let document: unknown;
  try {
    document = JSON.parse(body);
  } catch {
    return { kind: 'wrong', reason: 'not what the application sends' };
  }
  const answer = document as { nonce?: unknown; version?: unknown; sha256?: unknown };
  if (typeof answer?.version !== 'number') return { kind: 'wrong', reason: 'not what the application sends' };
  if (answer.nonce !== shape.nonce) return { kind: 'wrong', reason: 'the answer to another request' };
  if (shape.body !== null) {
    const expected = createHash('sha256').update(shape.body.content).digest('hex');
    if (answer.sha256 !== expected) return { kind: 'wrong', reason: 'the body arrived changed' };
  }
  return { kind: 'good', version: answer.version };
}

function errorCode(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.message : String(error);
}
