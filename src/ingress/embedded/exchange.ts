import type { RouteLimits } from '../ingress.ts';
import type { ClientConnection } from './client-connection.ts';
import { refused } from './field-section.ts';
import type { Forwarder } from './forwarder.ts';
import { IncomingRequest } from './incoming-request.ts';
import type { Instance } from './instance.ts';
import { writeLocalAnswer } from './local-answer.ts';
import { OutgoingRequest } from './outgoing-request.ts';
import { maintenancePage } from './pages.ts';
import { RepeatPolicy } from './repeat-policy.ts';
import type { RequestHead } from './request-head.ts';
import { ResponseBody } from './response-body.ts';
import type { ResponseHead } from './response-head.ts';
import { rewriteResponseHead } from './rewrite-head.ts';
import type { CompiledRoute } from './routing-table.ts';
import { stallTimeoutMs } from './stall-timeout.ts';
import type { TrafficCounter } from './traffic-counter.ts';
import { Tunnel } from './tunnel.ts';
import type { UpstreamConnection, UpstreamEnd, UpstreamUser } from './upstream-connection.ts';

/** A request that is not safe goes out only on a connection that was in use this recently, or on a new one. */
const unsafeReuseMs = 20;
const connectTimeoutMs = 3000;
/** Idle upstream connections are closed this long before the upstream says that it would. */
const idleMarginMs = 500;
const longestIdleMs = 60_000;

/** What the exchange waits for; each has its own bound. */
type Waiting = 'nothing' | 'instance' | 'connection' | 'request body' | 'response' | 'client';

/** One request and its response, from the parsed head to the line in the access log. */
export class Exchange implements UpstreamUser {
  readonly client: ClientConnection;
  readonly request: IncomingRequest;
  readonly startedAt: number;
  /** Set once the head of a final response went to the client. */
  status = 0;
  responseBytes = 0;
  /** The instance that has it, or had it last. */
  instance: Instance | null = null;
  route: CompiledRoute | undefined;
  readonly outgoing: OutgoingRequest;
  eventStream = false;
  readonly #forwarder: Forwarder;
  #keepAlive: boolean;
  #upstream: UpstreamConnection | null = null;
  #headSent = false;
  /** In flight on `instance`. */
  #counted = false;
  #sentAt = 0;
  #waiting: Waiting = 'nothing';
  #holdUntil = 0;
  readonly #repeats = new RepeatPolicy();
  #freshOnly = false;
  #avoid: Instance | null = null;
  #partialHead: Buffer | null = null;
  /** An interim answer went to the client. */
  #interim = false;
  #answer: ResponseBody | null = null;
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
    this.request = new IncomingRequest(head, buffer, client.identity, forwarder.requestId(head, buffer));
    this.outgoing = new OutgoingRequest(this.request, head);
    this.#keepAlive = this.request.keepAlive;
  }

  /** Whether bytes of the request body can be used right now. */
  get wantsBody(): boolean {
    return this.#headSent && !this.outgoing.body.done && !this.outgoing.body.blocked;
  }

  /** Sends the request on its way, or answers it here. Called again when the table or the health has changed. */
  begin(): void {
    const { host, path, id, contentLength } = this.request;
    const route = this.#forwarder.table.match(host, path === '*' ? '/' : path);
    this.route = route;
    if (route === undefined) return this.respond(404);
    const { maintenance, health, limits, tls } = route.route;
    if (tls.mode !== 'off' && this.client.identity.scheme === 'http' && this.#forwarder.httpsPort !== null) {
      return this.#redirectToHttps(this.#forwarder.httpsPort);
    }
    if (contentLength > limits.maxBodyBytes) return this.respond(413);
    if (maintenance !== null && (health === null || path !== health.path)) {
      const page = maintenancePage(maintenance.message, id);
      return this.respond(503, { fields: 'retry-after: 30\r\n', page });
    }
    this.#dispatch(route);
  }

  #redirectToHttps(port: number): void {
    const { host, target } = this.request;
    const place = `https://${host}${port === 443 ? '' : `:${port}`}${target === '*' ? '/' : target}`;
    this.respond(308, { fields: `location: ${place}\r\n` });
  }

  #dispatch(route: CompiledRoute): void {
    const instance = route.pick(this.#avoid);
    if (instance === undefined) return this.#hold(route);
    this.#forwarder.holds.delete(this);
    this.instance = instance;
    this.#counted = true;
    instance.inFlight += 1;
    instance.counter.inFlight += 1;
    const now = this.#forwarder.now();
    const kept = this.#freshOnly
      ? undefined
      : instance.take(now, this.request.safe ? longestIdleMs : unsafeReuseMs);
    const upstream = kept ?? this.#forwarder.connect(instance);
    upstream.user = this;
    this.#upstream = upstream;
    if (kept === undefined) this.#wait('connection', now + connectTimeoutMs);
    else this.#send(kept, now);
  }

  #hold(route: CompiledRoute): void {
    const now = this.#forwarder.now();
    if (this.#holdUntil === 0) this.#holdUntil = now + route.route.holdMs;
    if (this.#holdUntil <= now || !this.#forwarder.mayHold()) return this.#unavailable();
    this.instance = null;
    this.#forwarder.holds.add(this);
    this.#wait('instance', this.#holdUntil);
  }

  #unavailable(): void {
    this.respond(503, { fields: 'retry-after: 5\r\n' });
  }

  #wait(what: Waiting, until: number): void {
    this.#waiting = what;
    this.client.deadline = until;
  }

  upstreamReady(): void {
    if (this.#upstream !== null) this.#send(this.#upstream, this.#forwarder.now());
  }

  #send(upstream: UpstreamConnection, now: number): void {
    this.#headSent = true;
    this.#sentAt = now;
    this.outgoing.begin(upstream.socket);
    if (this.outgoing.body.done) {
      this.#wait('response', now + this.#limits.responseTimeoutMs);
      return;
    }
    this.#wait('request body', now + this.#limits.bodyIdleTimeoutMs);
    this.client.pump();
  }

  /** Only for a request that was matched to a route. */
  get #limits(): RouteLimits {
    return (this.route as CompiledRoute).route.limits;
  }

  /** Takes bytes of the request body; returns the index after the last byte that belongs to it. */
  takeBody(buffer: Buffer, start: number, end: number): number {
    const upstream = this.#upstream;
    if (upstream === null) return start;
    const used = this.outgoing.pass(upstream.socket, buffer, start, end);
    if (this.outgoing.body.failure !== undefined) this.respond(400, { reason: this.outgoing.body.failure });
    else if (this.outgoing.body.bytes > this.#limits.maxBodyBytes) this.respond(413);
    else this.#bodyProgress();
    return used;
  }

  #bodyProgress(): void {
    const now = this.#forwarder.now();
    const { done, blocked } = this.outgoing.body;
    if (!done && !blocked) this.#wait('request body', now + this.#limits.bodyIdleTimeoutMs);
    else if (this.#answer !== null) this.#wait('nothing', Number.POSITIVE_INFINITY);
    else {
      // The application's time runs from here: how long a client takes to send is not its affair.
      this.#sentAt = now;
      this.#wait('response', now + this.#limits.responseTimeoutMs);
    }
  }

  upstreamDrained(): void {
    if (!this.outgoing.body.blocked) return;
    this.outgoing.body.blocked = false;
    this.#bodyProgress();
    this.client.pump();
  }

  timedOut(): void {
    switch (this.#waiting) {
      case 'instance':
        return this.#unavailable();
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
    if (this.#answer !== null) {
      this.#passed(this.#answer, this.#answer.pass(this.client.socket, chunk, from, to));
      return;
    }
    let buffer = chunk;
    let start = from;
    let end = to;
    if (this.#partialHead !== null) {
      buffer = Buffer.concat([this.#partialHead, chunk.subarray(from, to)]);
      this.#partialHead = null;
      start = 0;
      end = buffer.length;
    }
    const head = this.#forwarder.responseHead;
    while (start < end) {
      const next = head.parse(buffer, start, end, this.request.method === 'HEAD');
      if (next === refused) return this.respond(502, { reason: head.fields.refusal.reason });
      if (next <= 0) {
        this.#partialHead = Buffer.from(buffer.subarray(start, end));
        return;
      }
      if (head.status >= 200) return this.#beginAnswer(head, buffer, start, next, end);
      if (head.status === 101) return this.#upgrade(head, buffer, start, next, end);
      this.#interim = true;
      if (!this.request.http10) this.#writeInterim(head, buffer, start, next);
      start = next;
    }
  }

  #writeInterim(head: ResponseHead, buffer: Buffer, start: number, end: number): void {
    const connection = head.status === 101 ? 'upgrade' : '';
    const changes = { requestId: this.request.id, connection, chunked: false } as const;
    this.client.socket.write(rewriteResponseHead(head, buffer, start, end, changes), 'latin1');
  }

  #beginAnswer(head: ResponseHead, buffer: Buffer, start: number, headEnd: number, end: number): void {
    this.#observe(head.status);
    this.status = head.status;
    this.eventStream = head.eventStream;
    this.#upstreamCloses = head.close;
    this.#noteIdleLimit(head.keepAliveSeconds);
    const answer = new ResponseBody(head, this.request.http10);
    this.#answer = answer;
    this.#keepAlive =
      this.#keepAlive && this.outgoing.body.done && !answer.endsClient && !this.#forwarder.stopping;
    const text = rewriteResponseHead(head, buffer, start, headEnd, {
      requestId: this.request.id,
      connection: this.#connection,
      chunked: answer.chunked,
    });
    if (this.outgoing.body.done) this.#wait('nothing', Number.POSITIVE_INFINITY);
    this.#passed(answer, answer.begin(this.client.socket, text, buffer, headEnd, end));
    if (this.eventStream && this.client.ended && !this.#finished) this.client.abort();
  }

  #observe(status: number): void {
    const counter = this.instance?.counter;
    counter?.observe(this.#forwarder.now() - this.#sentAt);
    if (status >= 500 && counter !== undefined) counter.errors += 1;
  }

  get #connection(): 'close' | 'keep-alive' | '' {
    if (!this.#keepAlive) return 'close';
    return this.request.http10 ? 'keep-alive' : '';
  }

  #noteIdleLimit(seconds: number): void {
    if (seconds < 0 || this.#upstream === null) return;
    this.#upstream.idleLimitMs = Math.min(longestIdleMs, Math.max(0, seconds * 1000 - idleMarginMs));
  }

  #passed(answer: ResponseBody, room: boolean): void {
    if (answer.broken) return this.#truncate();
    if (!room) {
      this.client.blocked = true;
      this.#upstream?.socket.pause();
      if (this.#waiting === 'nothing') this.#wait('client', this.#forwarder.now() + stallTimeoutMs);
    }
    if (answer.done) this.#complete(answer);
  }

  /** The client has taken what was written. */
  clientDrained(): void {
    this.#upstream?.socket.resume();
    if (this.#waiting === 'client') this.#wait('nothing', Number.POSITIVE_INFINITY);
  }

  #upgrade(head: ResponseHead, buffer: Buffer, start: number, headEnd: number, end: number): void {
    const upstream = this.#upstream;
    if (!this.request.webSocket || !head.upgradeWebSocket || upstream === null) {
      return this.respond(502, { reason: 'an upgrade that nobody asked for' });
    }
    this.#observe(head.status);
    this.status = 101;
    this.#writeInterim(head, buffer, start, headEnd);
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
    const answer = this.#answer;
    if (answer !== null) {
      if (how === 'closed' && answer.end(this.client.socket)) this.#complete(answer);
      else this.#truncate();
      return;
    }
    const { instance, reused } = upstream;
    const silent = this.#partialHead === null && !this.#interim;
    const attempt = { how, reused, safe: this.request.safe, oneWrite: this.outgoing.oneWrite };
    const again = silent && this.#repeats.mayRepeat(attempt);
    this.#dropUpstream();
    if (how === 'refused') this.#forwarder.markDown(instance, 'it does not accept connections');
    else {
      this.#freshOnly = true;
      if (!reused) this.#avoid = instance;
    }
    if (again) this.begin();
    else this.respond(502, { reason: 'the application closed the connection without an answer' });
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
    this.outgoing.abandon();
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

  #complete(answer: ResponseBody): void {
    const upstream = this.#upstream;
    this.#upstream = null;
    if (upstream !== null) {
      if (this.#upstreamCloses || answer.untilClose || answer.overlong || !this.outgoing.body.done)
        upstream.destroy();
      else {
        if (this.client.blocked) upstream.socket.resume();
        upstream.instance.keep(upstream, this.#forwarder.now());
      }
    }
    this.#releaseInstance();
    this.#close();
    this.client.exchangeDone(this.#keepAlive && this.outgoing.body.done);
  }

  /** Answers here, in place of the application; after a response has begun the connection is cut instead. */
  respond(status: number, more: LocalDetails = {}): void {
    if (this.#finished) return;
    this.#forwarder.holds.delete(this);
    this.#dropUpstream();
    if (this.#answer !== null) return this.client.abort();
    this.status = status;
    const counter = this.#counter;
    if (status >= 500 && more.page === undefined && counter !== undefined) counter.errors += 1;
    this.#keepAlive = this.#keepAlive && this.outgoing.body.done && !this.#forwarder.stopping;
    const answer = { ...more, status, requestId: this.request.id, connection: this.#connection };
    const { text, bodyBytes } = writeLocalAnswer({ ...answer, headOnly: this.request.method === 'HEAD' });
    this.responseBytes = bodyBytes;
    this.client.write(text);
    this.#close();
    this.client.exchangeDone(this.#keepAlive);
  }

  /** Where this request counts: with the instance that had it, else with the route. */
  get #counter(): TrafficCounter | undefined {
    return this.instance?.counter ?? this.route?.counter;
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
    if (this.#answer !== null) this.responseBytes = this.#answer.bytes;
    const counter = this.#counter;
    if (counter !== undefined) counter.requests += 1;
    this.#forwarder.log(this);
  }
}

interface LocalDetails {
  readonly reason?: string;
  readonly fields?: string;
  readonly page?: string;
}
