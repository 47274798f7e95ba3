import { chmod, rm } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Failure, toFailureDocument } from '../../core/failure.ts';
import { millis } from '../../core/units.ts';
import type { DrainResult, IngressStatus, RouteTable, TrafficStats } from '../ingress.ts';
import { checkRouteTable } from './routes-file.ts';

// As an imported module it would load the implementation of fetch as well: 6 MB for nothing.
const { createServer } = process.getBuiltinModule('node:http');

const maxBodyBytes = 16 * 1024 * 1024;

/** What the admin API reaches inside the process. */
export interface IngressControls {
  apply(table: RouteTable): Promise<void>;
  drain(instances: readonly string[], timeoutMs: number, signal: AbortSignal): Promise<DrainResult>;
  stats(): readonly TrafficStats[];
  status(): IngressStatus;
  /** Starts an agent now; false when no guardian is set up. */
  spawnAgent(): boolean;
}

/** Serves the controls on a unix socket that only this user can open. */
export class AdminApi {
  readonly #server: Server;
  readonly #controls: IngressControls;

  private constructor(controls: IngressControls) {
    this.#controls = controls;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async listen(path: string, controls: IngressControls): Promise<AdminApi> {
    const api = new AdminApi(controls);
    await rm(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      api.#server.once('error', reject);
      // The socket is made within the call, so nothing else of this process is created under the mask.
      const umask = process.umask(0o177);
      try {
        api.#server.listen(path, resolve);
      } finally {
        process.umask(umask);
      }
    });
    await chmod(path, 0o600);
    return api;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    try {
      const answer = await this.#answer(`${request.method} ${request.url}`, request, gone.signal);
      reply(response, 200, answer ?? {});
    } catch (error) {
      const status = error instanceof Failure ? (error.code === 'not-found' ? 404 : 409) : 500;
      if (!gone.signal.aborted) reply(response, status, toFailureDocument(error));
    }
  }

  async #answer(call: string, request: IncomingMessage, signal: AbortSignal): Promise<unknown> {
    switch (call) {
      case 'PUT /routes':
        return this.#controls.apply(checkRouteTable(await readJson(request)));
      case 'POST /drain': {
        const { instances, timeoutMs } = readDrain(await readJson(request));
        return this.#controls.drain(instances, millis(timeoutMs), signal);
      }
      case 'GET /stats':
        return this.#controls.stats();
      case 'GET /status':
        return this.#controls.status();
      case 'POST /spawn-agent':
        if (!this.#controls.spawnAgent())
          throw new Failure('config-invalid', 'The ingress was given no agent to start.');
        return undefined;
      default:
        throw new Failure('not-found', `The ingress has no call ${call}.`);
    }
  }

  /** Stops answering at once; calls that wait are cut. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
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
    if (size > maxBodyBytes) throw new Failure('usage-invalid', 'The request to the ingress is too large.');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch (cause) {
    throw new Failure('usage-invalid', 'The request to the ingress is not JSON.', { cause });
  }
}

function readDrain(value: unknown): { readonly instances: readonly string[]; readonly timeoutMs: number } {
  const { instances, timeoutMs } = (value ?? {}) as { instances?: unknown; timeoutMs?: unknown };
  if (
    Array.isArray(instances) &&
    instances.every((name) => typeof name === 'string') &&
    typeof timeoutMs === 'number'
  ) {
    return { instances, timeoutMs };
  }
  throw new Failure('usage-invalid', 'A drain names instances and a time in milliseconds.');
}
