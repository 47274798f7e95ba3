import type { IncomingMessage, RequestOptions } from 'node:http';
import { Readable } from 'node:stream';
import type { AgentCallName, AgentRequest, AgentResponse, LogLine, LogQuery } from '../../api/agent.ts';
import { Failure, type FailureDocument, failureFromDocument } from '../../core/failure.ts';
import type { Host } from '../host.ts';
import { type BlobSource, frameBlobs } from './frame-blobs.ts';

// As an imported module it would load the implementation of fetch as well: 6 MB for nothing.
const { Agent, request: httpRequest } = process.getBuiltinModule('node:http');

export interface LocalHostOptions {
  readonly name: string;
  /** The agent's unix socket. */
  readonly socketPath: string;
  readonly blobs: BlobSource;
}

/** Shorter than the agent keeps a connection open, so that none is used as it is being closed. */
const idleMs = 20_000;

/** A host whose agent listens on a unix socket of this machine. */
export class LocalHost implements Host {
  readonly name: string;
  readonly #socketPath: string;
  readonly #blobs: BlobSource;
  readonly #connections = new Agent({ keepAlive: true, maxFreeSockets: 4, timeout: idleMs });

  constructor(options: LocalHostOptions) {
    this.name = options.name;
    this.#socketPath = options.socketPath;
    this.#blobs = options.blobs;
  }

  async call<N extends AgentCallName>(
    name: N,
    request: AgentRequest<N>,
    signal: AbortSignal,
  ): Promise<AgentResponse<N>> {
    const body = JSON.stringify(request);
    const response = await this.#send({ method: 'POST', path: `/v1/${name}` }, body, signal);
    // Both ends are of one version, and the agent's handlers are typed by the same contract.
    return (await this.#readJson(response, signal)) as AgentResponse<N>;
  }

  async sendBlobs(digests: readonly string[], signal: AbortSignal): Promise<{ readonly bytes: number }> {
    if (digests.length === 0) return { bytes: 0 };
    const body = Readable.from(frameBlobs(this.#blobs, digests), { objectMode: false });
    const response = await this.#send({ method: 'POST', path: '/v1/blobs' }, body, signal);
    return (await this.#readJson(response, signal)) as { readonly bytes: number };
  }

  async exec(
    request: { readonly instance: string; readonly argv: readonly string[] },
    input: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const body = Readable.from(execBody(request, input), { objectMode: false });
    const response = await this.#send({ method: 'POST', path: '/v1/exec' }, body, signal);
    if (response.statusCode !== 200) await this.#readJson(response, signal);
    return response;
  }

  async *logs(query: LogQuery, signal: AbortSignal): AsyncGenerator<LogLine> {
    const parameters = new URLSearchParams();
    for (const [key, value] of Object.entries(query))
      if (value !== undefined) parameters.set(key, String(value));
    const response = await this.#send(
      { method: 'GET', path: `/v1/logs?${parameters.toString()}` },
      undefined,
      signal,
    );
    if (response.statusCode !== 200) await this.#readJson(response, signal);
    let rest = '';
    response.setEncoding('utf8');
    try {
      for await (const chunk of response as AsyncIterable<string>) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) yield JSON.parse(line) as LogLine;
      }
    } catch (error) {
      throw this.#explain(error, signal);
    }
  }

  /** Closes idle connections. The host can still be used. */
  close(): void {
    this.#connections.destroy();
  }

  #send(
    options: Pick<RequestOptions, 'method' | 'path'>,
    body: string | Readable | undefined,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => reject(this.#explain(error, signal));
      const call = httpRequest(
        { ...options, socketPath: this.#socketPath, agent: this.#connections, signal, timeout: 0 },
        resolve,
      );
      call.on('error', fail);
      if (body instanceof Readable) {
        body.on('error', (error) => {
          reject(error);
          call.destroy();
        });
        body.pipe(call);
      } else {
        call.end(body);
      }
    });
  }

  async #readJson(response: IncomingMessage, signal: AbortSignal): Promise<unknown> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    } catch (error) {
      throw this.#explain(error, signal);
    }
    const answer: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    if (response.statusCode !== 200) throw failureFromDocument(answer as FailureDocument);
    return answer;
  }

  #explain(error: unknown, signal: AbortSignal): Error {
    if (signal.aborted) return signal.reason as Error;
    if (error instanceof Failure) return error;
    return new Failure(
      'host-unreachable',
      `The agent of ${this.name} does not answer at ${this.#socketPath}.`,
      {
        hint: 'It is started again by itself; if it stays away, its log says why (mainstay doctor shows where).',
        retryable: true,
        cause: error,
      },
    );
  }
}

/** What to run travels in the body: a command line may hold what must not stand in an address. */
async function* execBody(request: object, input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${JSON.stringify(request)}\n`);
  yield* input;
}
