import { chmod, mkdir, rm } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { z } from 'zod';
import { Failure, toFailureDocument } from '../core/failure.ts';
import type { Handlers } from './handler.ts';
import { openApiDocument } from './openapi.ts';
import { type Match, matchRoute } from './routes.ts';
import { statusOf } from './status-of.ts';

// As an imported module it would load the implementation of fetch as well: 6 MB for nothing.
const { createServer } = process.getBuiltinModule('node:http');

/** Enough for any manifest and far more than any other body. */
const largestBody = 4 * 1024 * 1024;

export interface HttpServerDeps {
  readonly handlers: Handlers;
  readonly version: string;
  /** Takes what nobody can act on: the maintainers' log. */
  readonly logBug: (thrown: unknown, where: string) => void;
}

/**
 * Serves the control API on a unix socket that only its owner may open. Disposing ends open streams and
 * closes the socket.
 */
export async function listenOnSocket(path: string, deps: HttpServerDeps): Promise<AsyncDisposable> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await rm(path, { force: true });
  const stop = new AbortController();
  const server = createServer((message, response) => {
    void answer(deps, message, response, stop.signal);
  });
  server.requestTimeout = 0;
  await listen(server, path);
  await chmod(path, 0o600);
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 500).unref();
      });
    },
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // Between creation and chmod the socket must not be open to others either. It is made within the call, so that
    // nothing else of this process is created under the mask.
    const mask = process.umask(0o177);
    try {
      server.listen(path, () => resolve());
    } finally {
      process.umask(mask);
    }
  });
}

async function answer(
  deps: HttpServerDeps,
  message: IncomingMessage,
  response: ServerResponse,
  stopping: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    const url = new URL(message.url ?? '/', 'http://control');
    if (message.method === 'GET' && url.pathname === '/v1/openapi.json') {
      sendJson(response, 200, openApiDocument(deps.version));
      return;
    }
    const found = matchRoute(message.method ?? 'GET', url.pathname);
    if (!('match' in found)) {
      sendUnmatched(response, message, found.allowed);
      return;
    }
    await dispatch(deps, found.match, url, message, response, AbortSignal.any([gone.signal, stopping]));
  } catch (thrown) {
    sendFailure(deps, thrown, message, response);
  }
}

async function dispatch(
  deps: HttpServerDeps,
  { name, call, params }: Match,
  url: URL,
  message: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const request = {
    params: parse(call.params, params, 'path'),
    query: parse(call.query, Object.fromEntries(url.searchParams), 'query'),
    body: call.body === null ? null : parse(call.body, await readJson(message), 'body'),
    signal,
  };
  // The table of handlers is complete by its type; which one fits which request was decided by the match.
  const handler = deps.handlers[name] as (...all: unknown[]) => Promise<unknown>;
  const result = await handler(request, message, response);
  if (call.stream === undefined) sendJson(response, 200, result);
}

function parse(schema: z.ZodType, value: unknown, where: string): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Failure(
    'usage-invalid',
    `The ${where} of the request does not fit: ${z.prettifyError(parsed.error)}`,
  );
}

async function readJson(message: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestBody)
      throw new Failure('usage-invalid', `The body is larger than ${largestBody} bytes.`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}');
  } catch (cause) {
    throw new Failure('usage-invalid', 'The body is not JSON.', { cause });
  }
}

function sendUnmatched(response: ServerResponse, message: IncomingMessage, allowed: readonly string[]): void {
  if (allowed.length > 0) response.setHeader('allow', allowed.join(', '));
  const failure = new Failure('not-found', `There is no call ${message.method} ${pathOf(message)}.`, {
    hint: 'The calls are listed at /v1/openapi.json.',
  });
  sendJson(response, allowed.length > 0 ? 405 : 404, failure);
}

function pathOf(message: IncomingMessage): string {
  return message.url?.split('?')[0] ?? '/';
}

function sendFailure(
  deps: HttpServerDeps,
  thrown: unknown,
  message: IncomingMessage,
  response: ServerResponse,
): void {
  const document = toFailureDocument(thrown);
  // Without the query: a command line that somebody typed may stand in it.
  if (document.code === 'internal') deps.logBug(thrown, `${message.method} ${pathOf(message)}`);
  if (response.headersSent) response.destroy();
  else sendJson(response, statusOf(document.code), document);
}

function sendJson(response: ServerResponse, status: number, document: unknown): void {
  const body = Buffer.from(JSON.stringify(document));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}
