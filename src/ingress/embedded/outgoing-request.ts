import type { Socket } from 'node:net';
import type { IncomingRequest } from './incoming-request.ts';
import { oneReadBytes } from './repeat-policy.ts';
import { RequestBody } from './request-body.ts';
import type { RequestHead } from './request-head.ts';

/** A request on its way to an upstream, with as few writes as it takes. */
export class OutgoingRequest {
  readonly body: RequestBody;
  /** All of it left in one write that any server reads at once. */
  oneWrite = false;
  /** As it is sent, a small body included; kept, because it may have to be sent again. */
  #head: string;
  /** Where the head still has to go, after a moment in which the body may join it. */
  #headFor: Socket | null = null;
  readonly #contentLength: number;

  constructor(request: IncomingRequest, head: RequestHead) {
    this.body = new RequestBody(head);
    this.#head = request.head;
    this.#contentLength = request.contentLength;
  }

  /** Sends the head; the body follows by `pass`, which may be called right after. */
  begin(socket: Socket): void {
    if (this.body.done) {
      this.oneWrite = this.#head.length <= oneReadBytes;
      socket.write(this.#head, 'latin1');
      return;
    }
    this.#headFor = socket;
    process.nextTick(() => this.#sendHead(socket));
  }

  #sendHead(socket: Socket): void {
    if (this.#headFor !== socket) return;
    this.#headFor = null;
    socket.cork();
    socket.write(this.#head, 'latin1');
    process.nextTick(() => socket.uncork());
  }

  /** Passes on bytes of the body; returns the index after the last byte that belongs to it. */
  pass(socket: Socket, buffer: Buffer, start: number, end: number): number {
    if (this.#headFor === socket && this.#sendWhole(socket, buffer, start, end)) {
      return start + this.#contentLength;
    }
    this.#sendHead(socket);
    return this.body.pass(socket, buffer, start, end);
  }

  /** A small request that is all here leaves in one write. */
  #sendWhole(socket: Socket, buffer: Buffer, start: number, end: number): boolean {
    if (this.#head.length + this.#contentLength > oneReadBytes) return false;
    const body = this.body.takeWhole(buffer, start, end);
    if (body === undefined) return false;
    this.#headFor = null;
    this.oneWrite = true;
    this.#head += body;
    socket.write(this.#head, 'latin1');
    return true;
  }

  /** The upstream is gone; what was to be sent to it no longer is. */
  abandon(): void {
    this.#headFor = null;
  }
}
