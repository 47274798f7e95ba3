import { chmod, mkdir, rm } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { z } from 'zod';
import { type AgentCallName, agentCalls } from '../../api/agent.ts';
import { Failure, toFailureDocument } from '../../core/failure.ts';
import type { AgentLog } from '../agent-deps.ts';
import type { CallHandlers } from './call-registry.ts';
import { failureStatus } from './failure-status.ts';

/** Serves one stream; may write the response itself, and throws before it began to. */
export type StreamHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  signal: AbortSignal,
) => Promise<void>;

interface Deps {
  readonly socketPath: string;
  readonly calls: CallHandlers;
  /** By method and path: `GET /v1/logs`. */
  readonly streams: ReadonlyMap<string, StreamHandler>;
  readonly log: AgentLog;
}

// As an imported module it would load the implementation of fetch as well: 6 MB for nothing.
const { createServer } = process.getBuiltinModule('node:http');

const maxBodyBytes = 8 * 1024 * 1024;

/** The agent's HTTP server on its unix socket, which only this user can open. */
export class AgentServer {
  readonly #deps: Deps;
  readonly #server: Server;
  readonly #closing = new AbortController();

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#server = createServer((request, response) => void this.#serve(request, response));
    // Longer than callers keep a connection, so that none is closed under a request.
    this.#server.keepAliveTimeout = 60_000;
    this.#server.requestTimeout = 0;
  }

  async listen(): Promise<void> {
    const { socketPath } = this.#deps;
    const directory = dirname(socketPath);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    // The directory is what keeps others out in the moment before the socket has its mode.
    await chmod(directory, 0o700);
    await rm(socketPath, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(socketPath, resolve);
    });
    await chmod(socketPath, 0o600);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on('close', () => gone.abort(new Error('the caller has gone')));
    const signal = AbortSignal.any([gone.signal, this.#closing.signal]);
    try {
      const url = new URL(request.url ?? '/', 'http://agent');
      const stream = this.#deps.streams.get(`${request.method} ${url.pathname}`);
      if (stream !== undefined) await stream(request, response, url, signal);
      else reply(response, 200, await this.#call(request, url, signal));
    } catch (error) {
      this.#fail(response, error);
    }
  }

  #fail(response: ServerResponse, error: unknown): void {
    if (!(error instanceof Failure) && !response.destroyed && !this.#closing.signal.aborted) {
      this.#deps.log('a call failed unexpectedly', {
        error: error instanceof Error ? error.stack : String(error),
      });
    }
    if (response.destroyed) return;
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const document = this.#closing.signal.aborted
      ? new Failure('host-unreachable', 'The agent is ending.', { retryable: true }).toJSON()
      : toFailureDocument(asFailure(error));
    reply(response, failureStatus(document.code), document);
  }

  async #call(request: IncomingMessage, url: URL, signal: AbortSignal): Promise<unknown> {
    const name = /^\/v1\/(\w+)$/.exec(url.pathname)?.[1];
    if (request.method !== 'POST' || name === undefined || !isCallName(name)) {
      throw new Failure('not-found', `The agent has no call ${request.method} ${url.pathname}.`);
    }
    const parsed = agentCalls[name].request.safeParse(await readJson(request));
    if (!parsed.success) {
      throw new Failure(
        'usage-invalid',
        `The call ${name} does not fit its contract: ${z.prettifyError(parsed.error)}`,
      );
    }
    // The request was parsed by the very schema that the handler's type comes from.
    const handler = this.#deps.calls[name] as (
      request: unknown,
      context: { signal: AbortSignal },
    ) => Promise<unknown>;
    return handler(parsed.data, { signal });
  }

  /** Lets answers that are under way be sent, ends waiting calls, and takes no new ones. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the agent is ending'));
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => this.#server.closeAllConnections(), 500);
    await closed;
    clearTimeout(timer);
  }
}

/** What the file system refused is something that a person can act on. */
function asFailure(error: unknown): unknown {
  const { code, path, message } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new Failure('disk-full', `No space is left on the disk of the host: ${message}.`, {
      hint: 'Free space, or give the host a larger disk; then try again.',
      retryable: true,
      cause: error,
    });
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new Failure('permission-denied', `The agent may not use ${path ?? 'a file'}: ${message}.`, {
      hint: 'The home directory must belong to the user that runs Mainstay.',
      cause: error,
    });
  }
  return error;
}

function isCallName(name: string): name is AgentCallName {
  return Object.hasOwn(agentCalls, name);
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) throw new Failure('usage-invalid', 'The call is larger than 8 MiB.');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch (cause) {
    throw new Failure('usage-invalid', 'The call is not JSON.', { cause });
  }
}
