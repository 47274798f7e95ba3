import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ControlCallName, controlCalls } from '../../src/api/control.ts';
import type { OperationEventBodyView } from '../../src/api/operation-events.ts';
import { eventSchema } from '../../src/api/shapes.ts';
import { Failure, toFailureDocument } from '../../src/core/failure.ts';

export interface FixtureRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

type Answer = (request: FixtureRequest) => unknown;
export type Answers = Partial<Record<ControlCallName, Answer>>;

/**
 * A control plane for tests of clients: real HTTP on a real socket, requests and answers checked against the
 * contract, and everything behind them made up by the test.
 */
export class FixtureControl {
  readonly socketPath: string;
  readonly answers: Answers;
  /** Calls in the order of their arrival. */
  readonly seen: { readonly name: ControlCallName; readonly request: FixtureRequest }[] = [];
  /** What `--home` must say to reach it. */
  readonly home: string;
  readonly #events = new Map<
    string,
    { readonly seq: number; readonly at: number; readonly type: string; readonly data: unknown }[]
  >();
  readonly #followers = new Set<{ readonly id: string; readonly response: ServerResponse }>();
  #server: Server | undefined;
  #at = 1_700_000_000_000;

  /** `directory` is the fixture's own, and laid out like a home. */
  constructor(directory: string, answers: Answers) {
    this.home = directory;
    this.socketPath = join(directory, 'run', 'control.sock');
    this.answers = answers;
  }

  static async start(answers: Answers = {}): Promise<FixtureControl> {
    const fixture = new FixtureControl(await mkdtemp(join(tmpdir(), 'mainstay-fixture-')), answers);
    await mkdir(join(fixture.home, 'run'));
    await fixture.listen();
    return fixture;
  }

  /** The events of an operation get their numbers and times here; `passedMs` is what went by before. */
  emit(id: string, body: OperationEventBodyView, passedMs = 1000): void {
    this.#at = passedMs === 0 ? Date.now() : this.#at + passedMs;
    const events = this.#events.get(id) ?? [];
    this.#events.set(id, events);
    const event = eventSchema.parse({ seq: events.length + 1, at: this.#at, ...body });
    events.push(event);
    for (const follower of this.#followers) if (follower.id === id) sendEvent(follower.response, event);
  }

  async listen(): Promise<void> {
    const server = createServer((request, response) => void this.#answer(request, response));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.socketPath, resolve));
  }

  /** As `kill -9`: connections break, and nobody listens any more until `listen`. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    server?.closeAllConnections();
    this.#followers.clear();
    await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
  }

  /** Breaks every connection and goes on listening. */
  cut(): void {
    this.#server?.closeAllConnections();
    this.#followers.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.home, { recursive: true, force: true });
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { name, params, query } = route(incoming);
      const call = controlCalls[name];
      const stream = 'stream' in call ? call.stream : undefined;
      const body = stream === 'duplex' ? incoming : await readBody(incoming);
      const request: FixtureRequest = {
        params: call.params.parse(params),
        query: call.query.parse(query),
        body: call.body === null ? body : call.body.parse(body),
      };
      this.seen.push({ name, request });
      if (stream === 'events') return this.#follow(request, response);
      const answer = this.answers[name];
      if (answer === undefined) throw new Failure('not-found', `The fixture does not answer ${name}.`);
      await send(
        response,
        await answer(request),
        stream === undefined ? (value) => call.response.parse(value) : undefined,
      );
    } catch (error) {
      const document = toFailureDocument(error);
      response.writeHead(document.code === 'internal' ? 500 : 400, { 'content-type': 'application/json' });
      response.end(JSON.stringify(document));
    }
  }

  #follow({ params, query }: FixtureRequest, response: ServerResponse): void {
    const id = params['id'] ?? '';
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(': hello\n\n');
    for (const event of this.#events.get(id) ?? [])
      if (event.seq > Number(query['after'])) sendEvent(response, event);
    const follower = { id, response };
    this.#followers.add(follower);
    response.on('close', () => this.#followers.delete(follower));
  }
}

function sendEvent(response: ServerResponse, event: { readonly seq: number; readonly type: string }): void {
  response.write(`id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  if (event.type === 'finished') response.end();
}

/** An async iterable answer is streamed as lines, anything else sent as one checked document. */
async function send(
  response: ServerResponse,
  answer: unknown,
  check: ((value: unknown) => unknown) | undefined,
): Promise<void> {
  if (check !== undefined) {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(check(answer)));
    return;
  }
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  for await (const line of answer as AsyncIterable<unknown>) {
    if (response.destroyed) return;
    if (!response.write(`${JSON.stringify(line)}\n`)) await drainedOrClosed(response);
  }
  response.end();
}

function drainedOrClosed(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
}

function route({ method, url }: IncomingMessage) {
  const { pathname, searchParams } = new URL(url ?? '/', 'http://fixture');
  for (const [name, call] of Object.entries(controlCalls)) {
    const names = [...call.path.matchAll(/:([a-z]+)/g)].map((match) => match[1] ?? '');
    const found = new RegExp(`^${call.path.replaceAll(/:[a-z]+/g, '([^/]+)')}$`).exec(pathname);
    if (call.method !== method || found === null) continue;
    const params = Object.fromEntries(
      names.map((key, index) => [key, decodeURIComponent(found[index + 1] ?? '')]),
    );
    return { name: name as ControlCallName, params, query: Object.fromEntries(searchParams) };
  }
  throw new Failure('not-found', `No call ${method} ${pathname}`);
}

async function readBody(incoming: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return parts.length === 0 ? undefined : JSON.parse(Buffer.concat(parts).toString('utf8'));
}
