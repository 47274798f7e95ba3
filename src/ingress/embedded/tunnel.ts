import type { ClientConnection } from './client-connection.ts';
import type { Forwarder } from './forwarder.ts';
import type { OpenTunnel } from './instance.ts';
import { writeCopy } from './socket-writes.ts';
import type { UpstreamConnection, UpstreamEnd, UpstreamUser } from './upstream-connection.ts';
import { closeFrame, WebSocketFrames } from './web-socket-frames.ts';

/** After our close frame, or the end of one side, the others have this long to end as well. */
const closeGraceMs = 2000;

/** A WebSocket after its upgrade: bytes both ways, with the frames followed so that it can be closed in good order. */
export class Tunnel implements UpstreamUser, OpenTunnel {
  readonly #forwarder: Forwarder;
  readonly #client: ClientConnection;
  readonly #upstream: UpstreamConnection;
  readonly #ended: (bytesToClient: number) => void;
  readonly #toClient = new WebSocketFrames();
  readonly #toUpstream = new WebSocketFrames();
  #bytesToClient = 0;
  /** The code to close with, once somebody asked for it. */
  #closing: number | undefined;
  #closedClient = false;
  #closedUpstream = false;
  #upstreamEnded = false;
  #over = false;

  constructor(
    forwarder: Forwarder,
    client: ClientConnection,
    upstream: UpstreamConnection,
    ended: (bytesToClient: number) => void,
  ) {
    this.#forwarder = forwarder;
    this.#client = client;
    this.#upstream = upstream;
    this.#ended = ended;
    upstream.user = this;
    upstream.socket.setKeepAlive(true, 60_000);
    client.socket.setKeepAlive(true, 60_000);
    upstream.instance.tunnels.add(this);
    upstream.instance.counter.webSockets += 1;
  }

  /** Nothing; a tunnel begins on a connection that is ready. */
  upstreamReady(): void {}

  fromClient(buffer: Buffer, start: number, end: number): void {
    if (this.#closedUpstream) {
      // What the client says after our close frame is its own: the handshake is done.
      if (this.#closedClient) this.cut();
      return;
    }
    const stop = this.#toUpstream.follow(buffer, start, end, this.#closing !== undefined);
    if (stop > start && !writeCopy(this.#upstream.socket, buffer, start, stop)) this.#client.pause();
    if (this.#closing !== undefined) this.#closeUpstream(this.#closing);
  }

  upstreamBytes(buffer: Buffer, start: number, end: number): void {
    if (this.#closedClient) return;
    const stop = this.#toClient.follow(buffer, start, end, this.#closing !== undefined);
    this.#bytesToClient += stop - start;
    if (stop > start && !writeCopy(this.#client.socket, buffer, start, stop)) {
      this.#client.blocked = true;
      this.#upstream.socket.pause();
    }
    if (this.#closing !== undefined) this.#closeClient(this.#closing);
  }

  upstreamDrained(): void {
    this.#client.resume();
  }

  clientDrained(): void {
    this.#upstream.socket.resume();
  }

  closeGracefully(code: number): void {
    if (this.#closing !== undefined) return;
    this.#closing = code;
    this.#limitRest();
    this.#closeClient(code);
    this.#closeUpstream(code);
  }

  #closeClient(code: number): void {
    if (this.#closedClient || !this.#toClient.betweenFrames) return;
    this.#closedClient = true;
    this.#client.socket.write(closeFrame(code, 'service restart', false));
  }

  #closeUpstream(code: number): void {
    if (this.#closedUpstream || !this.#toUpstream.betweenFrames) return;
    this.#closedUpstream = true;
    this.#upstream.socket.write(closeFrame(code, 'service restart', true));
  }

  clientEnded(): void {
    if (this.#closing !== undefined) return this.cut();
    this.#upstream.socket.end();
    this.#limitRest();
  }

  upstreamEnded(how: UpstreamEnd): void {
    if (how === 'closed') {
      this.#upstreamEnded = true;
      if (this.#closing === undefined) this.#client.socket.end();
      this.#limitRest();
    } else this.#finish(this.#upstreamEnded || this.#closing !== undefined);
  }

  /** A WebSocket of which one side has ended is over; what is left of the other gets a moment. */
  #limitRest(): void {
    this.#client.deadline = Math.min(this.#client.deadline, this.#forwarder.now() + closeGraceMs);
  }

  clientGone(): void {
    this.#finish(false);
  }

  cut(): void {
    this.#finish(true);
  }

  #finish(inGoodOrder: boolean): void {
    if (this.#over) return;
    this.#over = true;
    const { instance } = this.#upstream;
    instance.tunnels.delete(this);
    instance.counter.webSockets -= 1;
    this.#upstream.destroy();
    if (inGoodOrder) this.#client.finish();
    else this.#client.abort();
    this.#ended(this.#bytesToClient);
  }
}
