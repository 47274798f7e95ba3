import type { Socket } from 'node:net';
import { ChunkedBody } from './chunked-body.ts';
import type { Framing, ResponseHead } from './response-head.ts';
import { framing } from './response-head.ts';
import { writeCopy, writeWithHead } from './socket-writes.ts';

/** The body of one response on its way to a client. */
export class ResponseBody {
  done: boolean;
  /** The framing is broken, so nothing that follows can be believed. */
  broken = false;
  /** The upstream sent more than it said; its connection cannot be used again. */
  overlong = false;
  /** Bytes of content so far, without framing. */
  bytes = 0;
  /** It ends when the upstream closes the connection. */
  readonly untilClose: boolean;
  /** Only the end of the client's connection can tell where it ends. */
  readonly endsClient: boolean;
  /** It reaches the client in chunks. */
  readonly chunked: boolean;
  readonly #framing: Framing;
  readonly #chunks: ChunkedBody | null;
  #left: number;

  /** HTTP/1.0 clients get no chunks. */
  constructor(head: ResponseHead, clientIsHttp10: boolean) {
    this.#framing = head.framing;
    this.untilClose = head.framing === framing.close;
    this.chunked = !clientIsHttp10 && (this.untilClose || head.framing === framing.chunked);
    this.endsClient = clientIsHttp10 && (this.untilClose || head.framing === framing.chunked);
    this.#left = head.framing === framing.length ? head.contentLength : 0;
    this.#chunks = head.framing === framing.chunked ? new ChunkedBody('response', clientIsHttp10) : null;
    this.done = head.framing === framing.none || (head.framing === framing.length && this.#left === 0);
  }

  /** Writes the head and what has come of the body with it; false when the client's socket is full. */
  begin(socket: Socket, head: string, buffer: Buffer, start: number, end: number): boolean {
    if (this.#framing === framing.none || this.#framing === framing.length) {
      // The common case, a body of known length that came with the head, leaves in one write.
      return writeWithHead(socket, head, buffer, start, start + this.#count(start, end));
    }
    socket.cork();
    let room = socket.write(head, 'latin1');
    if (end > start) room = this.pass(socket, buffer, start, end);
    socket.uncork();
    return room;
  }

  /** Passes on bytes of the upstream; false when the client's socket is full. */
  pass(socket: Socket, buffer: Buffer, start: number, end: number): boolean {
    if (this.#chunks !== null) return this.#passChunks(this.#chunks, socket, buffer, start, end);
    if (!this.untilClose) return writeCopy(socket, buffer, start, start + this.#count(start, end));
    this.bytes += end - start;
    if (!this.chunked) return writeCopy(socket, buffer, start, end);
    socket.cork();
    socket.write(`${(end - start).toString(16)}\r\n`, 'latin1');
    writeCopy(socket, buffer, start, end);
    const room = socket.write('\r\n', 'latin1');
    socket.uncork();
    return room;
  }

  #count(start: number, end: number): number {
    const taken = Math.min(this.#left, end - start);
    this.#left -= taken;
    this.bytes += taken;
    this.done = this.#left === 0;
    if (start + taken < end) this.overlong = true;
    return taken;
  }

  #passChunks(chunks: ChunkedBody, socket: Socket, buffer: Buffer, start: number, end: number): boolean {
    let room = true;
    const used = chunks.scan(buffer, start, end, (bytes, from, to) => {
      room = writeCopy(socket, bytes, from, to);
    });
    this.bytes = chunks.contentBytes;
    this.broken = chunks.failure !== undefined;
    this.done = chunks.done;
    if (used < end) this.overlong = true;
    return room;
  }

  /** The upstream has closed the connection in good order; false when that breaks the body off. */
  end(socket: Socket): boolean {
    if (!this.untilClose) return false;
    if (this.chunked) socket.write('0\r\n\r\n', 'latin1');
    this.done = true;
    return true;
  }
}
