import type { Socket } from 'node:net';
import { Exchange } from './exchange.ts';
import { refused } from './field-section.ts';
import type { Forwarder } from './forwarder.ts';
import { writeLocalAnswer } from './local-answer.ts';
import type { ClientIdentity } from './rewrite-head.ts';
import { stallTimeoutMs } from './stall-timeout.ts';
import type { Tunnel } from './tunnel.ts';

/** A connection may be silent this long between two requests. */
const idleTimeoutMs = 75_000;
/** After a final answer, what the client still sends is read and thrown away this long, so that the answer arrives. */
const lingerMs = 2000;
/** So much of further requests is read ahead while one is being answered. */
const readAheadBytes = 64 * 1024;

/** One connection of a client: reads requests one after the other and answers them in order. */
export class ClientConnection {
  readonly socket: Socket;
  readonly identity: ClientIdentity;
  /** Monotonic time at which `expire` is called. */
  deadline: number;
  /** The client has ended its side. */
  ended = false;
  /** The client does not keep up with what is written to it. */
  blocked = false;
  exchange: Exchange | null = null;
  readonly #forwarder: Forwarder;
  #tunnel: Tunnel | null = null;
  #pending: Buffer | null = null;
  #headStartedAt = 0;
  #paused = false;
  #reading = false;
  /** The last answer was given; the rest is thrown away. */
  #lingering = false;

  constructor(forwarder: Forwarder, socket: Socket, identity: ClientIdentity) {
    this.#forwarder = forwarder;
    this.socket = socket;
    this.identity = identity;
    this.deadline = forwarder.now() + idleTimeoutMs;
    socket.on('data', (chunk: Buffer) => this.#guard(chunk));
    socket.on('drain', () => this.#drained());
    socket.on('end', () => this.#ended());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#closed());
  }

  get isIdle(): boolean {
    return this.exchange === null && this.#tunnel === null && this.#pending === null;
  }

  write(text: string): void {
    if (!this.socket.write(text)) this.blocked = true;
  }

  /** A bug in one request must not take the others with it. */
  #guard(chunk: Buffer): void {
    try {
      this.#data(chunk, 0, chunk.length);
    } catch (error) {
      this.#forwarder.reportBug(error);
      this.abort();
    }
  }

  #data(buffer: Buffer, start: number, end: number): void {
    if (this.#tunnel !== null) return this.#tunnel.fromClient(buffer, start, end);
    if (this.#lingering) return;
    const { exchange } = this;
    if (exchange === null || (exchange.wantsBody && this.#pending === null))
      return this.#read(buffer, start, end);
    this.#keep(buffer, start, end);
  }

  #keep(buffer: Buffer, start: number, end: number): void {
    if (end > start) {
      const part = buffer.subarray(start, end);
      this.#pending = this.#pending === null ? Buffer.from(part) : Buffer.concat([this.#pending, part]);
    }
    if (this.#pending !== null && this.#pending.length > readAheadBytes) this.pause();
  }

  /** Uses bytes for as long as something can use them: body of the present request, then further requests. */
  #read(chunk: Buffer, from: number, to: number): void {
    let buffer = chunk;
    let start = from;
    let end = to;
    if (this.#pending !== null) {
      buffer = from === to ? this.#pending : Buffer.concat([this.#pending, chunk.subarray(from, to)]);
      this.#pending = null;
      start = 0;
      end = buffer.length;
    }
    this.#reading = true;
    while (start < end && !this.#lingering && this.#tunnel === null) {
      if (this.exchange === null) {
        // A client that does not read its answers gets no further ones.
        if (this.blocked) break;
        const next = this.#readHead(buffer, start, end);
        if (next <= 0) break;
        start = next;
      } else if (this.exchange.wantsBody) start = this.exchange.takeBody(buffer, start, end);
      else break;
    }
    this.#reading = false;
    if (this.#lingering) return;
    this.#keep(buffer, start, end);
    if (this.ended && this.#isCutShort) return this.abort();
    this.#updateFlow();
  }

  /** All that came was used, and a body is not complete. */
  get #isCutShort(): boolean {
    return this.#pending === null && this.exchange?.outgoing.body.done === false;
  }

  #readHead(buffer: Buffer, start: number, end: number): number {
    const head = this.#forwarder.requestHead;
    const now = this.#forwarder.now();
    const next = head.parse(buffer, start, end);
    if (next === refused) {
      this.#refuse(head.fields.refusal.status, head.fields.refusal.reason);
      return refused;
    }
    if (next <= 0) {
      if (this.#headStartedAt === 0) {
        this.#headStartedAt = now;
        this.deadline = now + this.#forwarder.table.headTimeoutMs;
      }
      return next;
    }
    this.#headStartedAt = 0;
    const exchange = new Exchange(this.#forwarder, this, head, buffer, now);
    this.exchange = exchange;
    exchange.begin();
    return next;
  }

  /** Answers what is not a request, and ends the connection: where the next one would begin is anybody's guess. */
  #refuse(status: number, reason: string): void {
    const id = this.#forwarder.newRequestId();
    const answer = { status, reason, requestId: id, connection: 'close', headOnly: false } as const;
    this.socket.write(writeLocalAnswer(answer).text);
    this.#forwarder.logRefusal(this, id, status, reason);
    this.finish();
  }

  /** Hands waiting bytes to an exchange that has become able to take them. */
  pump(): void {
    if (this.#reading) return;
    if (this.#pending !== null) this.#read(this.#pending, 0, 0);
    else this.#updateFlow();
  }

  exchangeDone(keepAlive: boolean): void {
    this.exchange = null;
    if (!keepAlive || this.ended) {
      if (!keepAlive || this.#pending === null) return this.finish();
    }
    this.#waitIdle();
    if (!this.#reading) this.#next();
  }

  #waitIdle(): void {
    this.deadline = this.#forwarder.now() + (this.blocked ? stallTimeoutMs : idleTimeoutMs);
  }

  /** Goes on with what the client has sent meanwhile. */
  #next(): void {
    if (this.#pending === null) return this.#updateFlow();
    if (!this.blocked) this.#read(this.#pending, 0, 0);
    if (this.ended && this.isWaiting && !this.blocked) this.finish();
  }

  /** No request is being answered; at most a part of a head has arrived. */
  get isWaiting(): boolean {
    return this.exchange === null && this.#tunnel === null;
  }

  beginTunnel(tunnel: Tunnel): void {
    this.exchange = null;
    this.#tunnel = tunnel;
    const waiting = this.#pending;
    this.#pending = null;
    if (waiting !== null) tunnel.fromClient(waiting, 0, waiting.length);
    this.resume();
  }

  #updateFlow(): void {
    const { exchange } = this;
    if (!this.#paused && exchange?.outgoing.body.blocked !== true) return;
    const room = (this.#pending?.length ?? 0) <= readAheadBytes && exchange?.outgoing.body.blocked !== true;
    if (room || exchange?.wantsBody === true) this.resume();
    else this.pause();
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.socket.resume();
  }

  #drained(): void {
    if (!this.blocked) return;
    this.blocked = false;
    if (this.#tunnel !== null) this.#tunnel.clientDrained();
    else if (this.exchange !== null) this.exchange.clientDrained();
    else if (!this.#lingering) {
      this.#waitIdle();
      this.#next();
    }
  }

  /** The client sends no more. What it asked for is still answered, unless it is an endless stream of events. */
  #ended(): void {
    this.ended = true;
    if (this.#tunnel !== null) this.#tunnel.clientEnded();
    else if (this.#lingering) this.socket.destroy();
    else if (this.exchange === null) this.finish();
    else if (this.exchange.eventStream || this.#isCutShort) this.abort();
  }

  /** Ends the connection after what was written has left. */
  finish(): void {
    if (this.#lingering || this.socket.destroyed) return;
    this.#lingering = true;
    this.#pending = null;
    this.exchange = null;
    this.#tunnel = null;
    this.deadline = this.#forwarder.now() + stallTimeoutMs;
    this.socket.end(() => {
      this.deadline = this.#forwarder.now() + lingerMs;
    });
    if (this.ended) this.socket.destroySoon();
    this.resume();
  }

  /** Cuts the connection at once, so that nothing unfinished looks finished. */
  abort(): void {
    if (this.socket.destroyed) return;
    if (this.identity.scheme === 'http') this.socket.resetAndDestroy();
    else this.socket.destroy();
  }

  #closed(): void {
    this.#forwarder.connections.delete(this);
    const tunnel = this.#tunnel;
    this.#tunnel = null;
    tunnel?.clientGone();
    this.exchange?.abandon();
    this.exchange = null;
  }

  expire(): void {
    if (this.#tunnel !== null) return this.#tunnel.cut();
    if (this.exchange !== null) return this.exchange.timedOut();
    if (this.#headStartedAt !== 0 && !this.#lingering) {
      this.#headStartedAt = 0;
      return this.#refuse(408, 'the head did not arrive in time');
    }
    this.socket.destroy();
  }
}
