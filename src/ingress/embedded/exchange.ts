import type { RouteLimits } from '../ingress.ts';
import { latin1 } from './bytes.ts';
import { ChunkedBody } from './chunked-body.ts';
import type { ClientConnection } from './client-connection.ts';
import { refused } from './field-section.ts';
import type { Forwarder } from './forwarder.ts';
import type { Instance } from './instance.ts';
import { errorPage, maintenancePage, titleOf } from './pages.ts';
import type { RequestHead } from './request-head.ts';
import type { ResponseHead } from './response-head.ts';
import { framing } from './response-head.ts';
import { rewriteRequestHead, rewriteResponseHead } from './rewrite-head.ts';
import type { CompiledRoute } from './routing-table.ts';
import { hostName } from './routing-table.ts';
import { writeCopy, writeWithHead } from './socket-writes.ts';
import type { TrafficCounter } from './traffic-counter.ts';
import { Tunnel } from './tunnel.ts';
import type { UpstreamConnection, UpstreamEnd, UpstreamUser } from './upstream-connection.ts';

/** A request that is not safe goes out only on a connection that was in use this recently, or on a new one. */
const unsafeReuseMs = 250;
const connectTimeoutMs = 3000;
/** Idle upstream connections are closed this long before the upstream says that it would. */
const idleMarginMs = 500;
const longestIdleMs = 60_000;
/** A client that takes nothing of an answer for this long is cut. */
const stallTimeoutMs = 300_000;

/** What the exchange waits for; each has its own bound. */
type Waiting = 'nothing' | 'instance' | 'connection' | 'request body' | 'response' | 'client';

/** One request and its response, from the parsed head to the line in the access log. */
export class Exchange implements UpstreamUser {
  readonly client: ClientConnection;
  readonly method: string;
  readonly path: string;
  readonly id: string;
  readonly startedAt: number;
  /** Set once the first byte of a final response went to the client. */
  status = 0;
  responseBytes = 0;
  /** The instance that has it, or had it last. */
  instance: Instance | null = null;
  route: CompiledRoute | undefined;
  requestDone: boolean;
  /** The upstream's socket is full: no more of the body for now. */
  bodyBlocked = false;
  eventStream = false;
  readonly #forwarder: Forwarder;
  readonly #host: string;
  readonly #authority: string;
  readonly #target: string;
  readonly #head: string;
  readonly #http10: boolean;
  readonly #isHead: boolean;
  readonly #webSocket: boolean;
  /** May be sent again: it changes nothing and has no body. */
  readonly #safe: boolean;
  readonly #contentLength: number;
  #keepAlive: boolean;
  #bodyLeft: number;
  readonly #chunkedRequest: ChunkedBody | null;
  #upstream: UpstreamConnection | null = null;
  #headSent = false;
  /** In flight on `instance`. */
  #counted = false;
  #answered = false;
  /** An interim answer went to the client. */
  #interim = false;
  #sentAt = 0;
  #waiting: Waiting = 'nothing';
  #holdUntil = 0;
  #retried = false;
  #freshOnly = false;
  #avoid: Instance | null = null;
  #partialHead: Buffer | null = null;
  #responseLeft = 0;
  #responseFraming = 0;
  #chunkedResponse: ChunkedBody | null = null;
  #encodeChunks = false;
  #upstreamCloses = false;
  #finished = false;

  constructor(
    forwarder: Forwarder,
    client: ClientConnection,
    head: RequestHead,
    buffer: Buffer,
    startedAt: number,
  ) {
    this.#forwarder = forwarder;
    this.client = client;
    this.startedAt = startedAt;
    this.method = head.method;
    this.path = latin1(buffer, head.targetStart, head.pathEnd);
    this.#target =
      head.targetEnd === head.pathEnd ? this.path : latin1(buffer, head.targetStart, head.targetEnd);
    this.#authority = latin1(buffer, head.hostStart, head.hostEnd);
    this.#host = hostName(this.#authority);
    this.id = forwarder.requestId(head, buffer);
    this.#http10 = head.minor === 0;
    this.#isHead = head.method === 'HEAD';
    this.#webSocket = head.webSocket;
    this.#contentLength = head.contentLength;
    this.#keepAlive = !head.close && (head.minor === 1 || head.keepAlive);
    this.#bodyLeft = Math.max(head.contentLength, 0);
    this.#chunkedRequest = head.chunked ? new ChunkedBody('request', false) : null;
    this.requestDone = !head.chunked && head.contentLength <= 0;
    const { method } = this;
    this.#safe = this.requestDone && (method === 'GET' || method === 'HEAD' || method === 'OPTIONS');
    this.#head = rewriteRequestHead(head, buffer, client.identity, this.#authority, this.id);
  }

  /** Whether bytes of the request body can be used right now. */
  get wantsBody(): boolean {
    return this.#headSent && !this.requestDone && !this.bodyBlocked;
  }

  get url(): string {
    return this.#target;
  }

  /** Sends the request on its way, or answers it here. */
  begin(): void {
    const route = this.#match();
    if (route === undefined) return this.respond(404);
    const { maintenance, health, limits, tls } = route.route;
    if (tls.mode !== 'off' && this.client.identity.scheme === 'http' && this.#forwarder.httpsPort !== null) {
      return this.#redirectToHttps(this.#forwarder.httpsPort);
    }
    if (this.#contentLength > limits.maxBodyBytes) return this.respond(413);
    if (maintenance !== null && (health === null || this.path !== health.path)) {
      const page = maintenancePage(maintenance.message, this.id);
      return this.respond(503, undefined, 'retry-after: 30\r\n', page);
    }
    this.#dispatch();
  }

  #match(): CompiledRoute | undefined {
    this.route = this.#forwarder.table.match(this.#host, this.path === '*' ? '/' : this.path);
    return this.route;
  }

  #redirectToHttps(port: number): void {
    const bracketed = this.#authority.startsWith('[')
      ? this.#authority.slice(0, this.#authority.indexOf(']') + 1)
      : '';
    const host = bracketed || this.#host;
    const place = `https://${host}${port === 443 ? '' : `:${port}`}${this.#target === '*' ? '/' : this.#target}`;
    this.respond(308, undefined, `location: ${place}\r\n`);
  }

  /** Tries again after the table or the health of an instance has changed. */
  retryDispatch(): void {
    if (this.#match() === undefined) this.respond(404);
    else this.#dispatch();
  }

  #dispatch(): void {
    const { route } = this;
    if (route === undefined) return;
    const instance = route.pick(this.#avoid);
    if (instance === undefined) return this.#hold(route);
    this.#forwarder.holds.delete(this);
    this.instance = instance;
    this.#counted = true;
    instance.inFlight += 1;
    instance.counter.inFlight += 1;
    const now = this.#forwarder.now();
    const kept = this.#freshOnly ? undefined : instance.take(now, this.#safe ? longestIdleMs : unsafeReuseMs);
    if (kept !== undefined) {
      this.#upstream = kept;
      kept.user = this;
      this.#send(kept, now);
      return;
    }
    const opened = this.#forwarder.connect(instance);
    opened.user = this;
    this.#upstream = opened;
    this.#wait('connection', now + connectTimeoutMs);
  }

  #hold(route: CompiledRoute): void {
    const now = this.#forwarder.now();
    if (this.#holdUntil === 0) this.#holdUntil = now + route.route.holdMs;
    if (this.#holdUntil <= now || !this.#forwarder.mayHold())
      return this.respond(503, undefined, 'retry-after: 5\r\n');
    this.instance = null;
    this.#forwarder.holds.add(this);
    this.#wait('instance', this.#holdUntil);
  }

  #wait(what: Waiting, until: number): void {
    this.#waiting = what;
    this.client.deadline = until;
  }

  #send(upstream: UpstreamConnection, now: number): void {
    this.#headSent = true;
    this.#sentAt = now;
    if (this.requestDone) {
      upstream.socket.write(this.#head, 'latin1');
      this.#wait('response', now + this.#limits.responseTimeoutMs);
      return;
    }
    // What has arrived of the body leaves together with the head.
    upstream.socket.cork();
    upstream.socket.write(this.#head, 'latin1');
    this.#wait('request body', now + this.#limits.bodyIdleTimeoutMs);
    this.client.pump();
    process.nextTick(() => upstream.socket.uncork());
  }

  /** Where this request counts: with the instance that had it, else with the route. */
  get #counter(): TrafficCounter | undefined {
    return this.instance?.counter ?? this.route?.counter;
  }

  get #limits(): RouteLimits {
    return (this.route as CompiledRoute).route.limits;
  }

  upstreamReady(): void {
    if (this.#upstream !== null) this.#send(this.#upstream, this.#forwarder.now());
  }

  /** Takes bytes of the request body; returns the index after the last byte that belongs to it. */
  takeBody(buffer: Buffer, start: number, end: number): number {
    const upstream = this.#upstream;
    if (upstream === null) return start;
    if (this.#chunkedRequest !== null)
      return this.#takeChunks(this.#chunkedRequest, upstream, buffer, start, end);
    const taken = Math.min(this.#bodyLeft, end - start);
    if (taken > 0 && !writeCopy(upstream.socket, buffer, start, start + taken)) this.bodyBlocked = true;
    this.#bodyLeft -= taken;
    this.#bodyProgress(this.#bodyLeft === 0);
    return start + taken;
  }

  #takeChunks(
    body: ChunkedBody,
    upstream: UpstreamConnection,
    buffer: Buffer,
    start: number,
    end: number,
  ): number {
    const used = body.scan(buffer, start, end, (bytes, from, to) => {
      if (!writeCopy(upstream.socket, bytes, from, to)) this.bodyBlocked = true;
    });
    if (body.failure !== undefined) this.respond(400, body.failure);
    else if (body.contentBytes > this.#limits.maxBodyBytes) this.respond(413);
    else this.#bodyProgress(body.done);
    return used;
  }

  #bodyProgress(done: boolean): void {
    this.requestDone = done;
    // The response may have begun already; then only the body's own pace is watched.
    const now = this.#forwarder.now();
    if (done || this.bodyBlocked) {
      if (this.#answered) this.#wait('nothing', Number.POSITIVE_INFINITY);
      else this.#wait('response', now + this.#limits.responseTimeoutMs);
    } else this.#wait('request body', now + this.#limits.bodyIdleTimeoutMs);
  }

  upstreamDrained(): void {
    if (!this.bodyBlocked) return;
    this.bodyBlocked = false;
    this.#bodyProgress(this.requestDone);
    this.client.pump();
  }

  timedOut(): void {
    switch (this.#waiting) {
      case 'instance':
        return this.respond(503, undefined, 'retry-after: 5\r\n');
      case 'connection':
        return this.upstreamEnded('refused');
      case 'request body':
        return this.respond(408);
      case 'response':
        return this.respond(504);
      case 'client':
        return this.client.abort();
      case 'nothing':
        return;
    }
  }

  upstreamBytes(chunk: Buffer, from: number, to: number): void {
    let buffer = chunk;
    let start = from;
    let end = to;
    if (this.#answered) return this.#relay(buffer, start, end);
    if (this.#partialHead !== null) {
      buffer = Buffer.concat([this.#partialHead, chunk.subarray(from, to)]);
      this.#partialHead = null;
      start = 0;
      end = buffer.length;
    }
    const head = this.#forwarder.responseHead;
    while (start < end) {
      const next = head.parse(buffer, start, end, this.#isHead);
      if (next === refused) return this.respond(502, head.fields.refusal.reason);
      if (next <= 0) {
        this.#partialHead = Buffer.from(buffer.subarray(start, end));
        return;
      }
      if (head.status >= 200) return this.#answer(head, buffer, start, next, end);
      if (head.status === 101) return this.#upgrade(head, buffer, start, next, end);
      this.#interim = true;
      if (!this.#http10) {
        const changes = { requestId: this.id, connection: '' as const, chunked: false };
        this.client.socket.write(rewriteResponseHead(head, buffer, start, next, changes), 'latin1');
      }
      start = next;
    }
  }

  #answer(head: ResponseHead, buffer: Buffer, start: number, headEnd: number, end: number): void {
    const now = this.#forwarder.now();
    const { counter } = this.instance as Instance;
    counter.observe(now - this.#sentAt);
    if (head.status >= 500) counter.errors += 1;
    this.status = head.status;
    this.#answered = true;
    this.eventStream = head.eventStream;
    this.#upstreamCloses = head.close || head.framing === framing.close;
    this.#responseFraming = head.framing;
    this.#responseLeft = head.framing === framing.length ? head.contentLength : 0;
    this.#noteIdleLimit(head);
    const toEnd = head.framing === framing.close;
    this.#encodeChunks = toEnd && !this.#http10;
    if (head.framing === framing.chunked) this.#chunkedResponse = new ChunkedBody('response', this.#http10);
    const lengthUnknown = this.#http10 && (toEnd || head.framing === framing.chunked);
    this.#keepAlive = this.#keepAlive && this.requestDone && !lengthUnknown && !this.#forwarder.stopping;
    const text = rewriteResponseHead(head, buffer, start, headEnd, {
      requestId: this.id,
      connection: this.#keepAlive ? (this.#http10 ? 'keep-alive' : '') : 'close',
      chunked: this.#encodeChunks || (head.framing === framing.chunked && !this.#http10),
    });
    if (this.requestDone) this.#wait('nothing', Number.POSITIVE_INFINITY);
    this.#sendAnswer(text, buffer, headEnd, end);
    if (this.eventStream && this.client.ended && !this.#finished) this.client.abort();
  }

  /** The common case, a body of known length that came with the head, leaves in one write. */
  #sendAnswer(text: string, buffer: Buffer, bodyStart: number, end: number): void {
    if (this.#responseFraming === framing.none || this.#responseFraming === framing.length) {
      const taken = Math.min(this.#responseLeft, end - bodyStart);
      this.#responseLeft -= taken;
      this.responseBytes += taken;
      if (bodyStart + taken < end) this.#upstreamCloses = true;
      this.#written(writeWithHead(this.client.socket, text, buffer, bodyStart, bodyStart + taken));
      if (this.#responseLeft === 0) this.#complete();
      return;
    }
    const { socket } = this.client;
    socket.cork();
    socket.write(text, 'latin1');
    if (end > bodyStart) this.#relay(buffer, bodyStart, end);
    socket.uncork();
  }

  #noteIdleLimit(head: ResponseHead): void {
    if (head.keepAliveSeconds < 0 || this.#upstream === null) return;
    this.#upstream.idleLimitMs = Math.min(
      longestIdleMs,
      Math.max(0, head.keepAliveSeconds * 1000 - idleMarginMs),
    );
  }

  #written(hasRoom: boolean): void {
    if (hasRoom) return;
    this.client.blocked = true;
    this.#upstream?.socket.pause();
    if (this.#waiting === 'nothing') this.#wait('client', this.#forwarder.now() + stallTimeoutMs);
  }

  /** The client has taken what was written. */
  clientDrained(): void {
    this.#upstream?.socket.resume();
    if (this.#waiting === 'client') this.#wait('nothing', Number.POSITIVE_INFINITY);
  }

  #relay(buffer: Buffer, start: number, end: number): void {
    const { socket } = this.client;
    switch (this.#responseFraming) {
      case framing.length: {
        const taken = Math.min(this.#responseLeft, end - start);
        this.#responseLeft -= taken;
        this.responseBytes += taken;
        if (start + taken < end) this.#upstreamCloses = true;
        this.#written(writeCopy(socket, buffer, start, start + taken));
        if (this.#responseLeft === 0) this.#complete();
        return;
      }
      case framing.chunked:
        return this.#relayChunks(this.#chunkedResponse as ChunkedBody, buffer, start, end);
      case framing.close:
        this.responseBytes += end - start;
        if (this.#encodeChunks) socket.write(`${(end - start).toString(16)}\r\n`, 'latin1');
        this.#written(writeCopy(socket, buffer, start, end));
        if (this.#encodeChunks) socket.write('\r\n', 'latin1');
        return;
      default:
        this.#upstreamCloses = true;
    }
  }

  #relayChunks(body: ChunkedBody, buffer: Buffer, start: number, end: number): void {
    const before = body.contentBytes;
    const used = body.scan(buffer, start, end, (bytes, from, to) => {
      this.#written(writeCopy(this.client.socket, bytes, from, to));
    });
    this.responseBytes += body.contentBytes - before;
    if (body.failure !== undefined) return this.#truncate();
    if (used < end) this.#upstreamCloses = true;
    if (body.done) this.#complete();
  }

  #upgrade(head: ResponseHead, buffer: Buffer, start: number, headEnd: number, end: number): void {
    const upstream = this.#upstream;
    const { instance } = this;
    if (!this.#webSocket || !head.upgradeWebSocket || upstream === null || instance === null) {
      return this.respond(502, 'an upgrade that nobody asked for');
    }
    instance.counter.observe(this.#forwarder.now() - this.#sentAt);
    this.status = 101;
    const changes = { requestId: this.id, connection: 'upgrade' as const, chunked: false };
    this.client.socket.write(rewriteResponseHead(head, buffer, start, headEnd, changes), 'latin1');
    this.#wait('nothing', Number.POSITIVE_INFINITY);
    this.#upstream = null;
    this.#releaseInstance();
    const tunnel = new Tunnel(this.#forwarder, this.client, upstream, (bytes) => {
      this.responseBytes = bytes;
      this.#close();
    });
    this.client.beginTunnel(tunnel);
    if (end > headEnd) tunnel.upstreamBytes(buffer, headEnd, end);
  }

  upstreamEnded(how: UpstreamEnd): void {
    const upstream = this.#upstream;
    if (upstream === null) return;
    if (this.#answered) {
      if (how === 'closed' && this.#responseFraming === framing.close) this.#endOfBody();
      else this.#truncate();
      return;
    }
    const silent = this.#partialHead === null && !this.#interim;
    const { reused } = upstream;
    const { instance } = this;
    this.#dropUpstream();
    if (how === 'refused' && instance !== null) {
      this.#forwarder.markDown(instance, 'it does not accept connections');
      this.retryDispatch();
    } else if (silent && this.#safe && (reused || !this.#retried)) {
      // A connection that was kept may have been closed under the request: that says nothing of the instance.
      if (!reused) {
        this.#retried = true;
        this.#avoid = instance;
      }
      this.#freshOnly = true;
      this.retryDispatch();
    } else this.respond(502, 'the application closed the connection without an answer');
  }

  #endOfBody(): void {
    if (this.#encodeChunks) this.client.socket.write('0\r\n\r\n', 'latin1');
    this.#complete();
  }

  /** A response that cannot be finished must not look finished. */
  #truncate(): void {
    if (this.instance !== null) this.instance.counter.errors += 1;
    this.#dropUpstream();
    this.client.abort();
  }

  #dropUpstream(): void {
    this.#upstream?.destroy();
    this.#upstream = null;
    this.#headSent = false;
    this.#releaseInstance();
  }

  /** No longer in flight there; who it was stays known for the access log. */
  #releaseInstance(): void {
    const { instance } = this;
    if (!this.#counted || instance === null) return;
    this.#counted = false;
    instance.inFlight -= 1;
    instance.counter.inFlight -= 1;
  }

  #complete(): void {
    const upstream = this.#upstream;
    const { instance } = this;
    this.#upstream = null;
    if (upstream !== null && instance !== null) {
      if (this.#upstreamCloses || !this.requestDone) upstream.destroy();
      else {
        if (this.client.blocked) upstream.socket.resume();
        instance.keep(upstream, this.#forwarder.now());
      }
    }
    this.#releaseInstance();
    this.#close();
    this.client.exchangeDone(this.#keepAlive && this.requestDone);
  }

  /** Answers here, in place of the application; after a response has begun the connection is cut instead. */
  respond(status: number, reason?: string, fields = '', page?: string): void {
    if (this.#finished) return;
    this.#forwarder.holds.delete(this);
    this.#dropUpstream();
    if (this.#answered) return this.client.abort();
    const body = page ?? errorPage(status, reason, this.id);
    this.status = status;
    const counter = this.#counter;
    if (status >= 500 && page === undefined && counter !== undefined) counter.errors += 1;
    this.#keepAlive = this.#keepAlive && this.requestDone && !this.#forwarder.stopping;
    const connection = this.#keepAlive
      ? this.#http10
        ? 'connection: keep-alive\r\n'
        : ''
      : 'connection: close\r\n';
    const length = Buffer.byteLength(body);
    this.responseBytes = this.#isHead ? 0 : length;
    this.client.write(
      `HTTP/1.1 ${status} ${titleOf(status)}\r\ncontent-type: text/html; charset=utf-8\r\n` +
        `content-length: ${length}\r\ncache-control: no-store\r\n${fields}${connection}` +
        `x-request-id: ${this.id}\r\n\r\n${this.#isHead ? '' : body}`,
    );
    this.#close();
    this.client.exchangeDone(this.#keepAlive);
  }

  /** The client is gone. */
  abandon(): void {
    if (this.#finished) return;
    this.#forwarder.holds.delete(this);
    this.#dropUpstream();
    if (this.status === 0) this.status = 499;
    this.#close();
  }

  #close(): void {
    if (this.#finished) return;
    this.#finished = true;
    const counter = this.#counter;
    if (counter !== undefined) counter.requests += 1;
    this.#forwarder.log(this);
  }
}
