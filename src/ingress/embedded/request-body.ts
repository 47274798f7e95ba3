import type { Socket } from 'node:net';
import { latin1 } from './bytes.ts';
import { ChunkedBody } from './chunked-body.ts';
import type { RequestHead } from './request-head.ts';
import { writeCopy } from './socket-writes.ts';

/** The body of one request on its way to an upstream. */
export class RequestBody {
  done: boolean;
  /** The upstream's socket is full: no more for now. */
  blocked = false;
  /** Bytes of content so far, without framing. */
  bytes = 0;
  #left: number;
  readonly #chunks: ChunkedBody | null;

  constructor(head: RequestHead) {
    this.done = !head.chunked && head.contentLength <= 0;
    this.#left = Math.max(head.contentLength, 0);
    this.#chunks = head.chunked ? new ChunkedBody('request', false) : null;
  }

  /** Why the framing is broken, if it is. */
  get failure(): string | undefined {
    return this.#chunks?.failure;
  }

  /** Passes on what belongs to the body; returns the index after the last such byte. */
  pass(socket: Socket, buffer: Buffer, start: number, end: number): number {
    if (this.#chunks !== null) return this.#passChunks(this.#chunks, socket, buffer, start, end);
    const taken = Math.min(this.#left, end - start);
    if (taken > 0 && !writeCopy(socket, buffer, start, start + taken)) this.blocked = true;
    this.#left -= taken;
    this.bytes += taken;
    this.done = this.#left === 0;
    return start + taken;
  }

  /** The rest of a body of known length, when all of it is here; it then counts as passed on. */
  takeWhole(buffer: Buffer, start: number, end: number): string | undefined {
    if (this.#chunks !== null || end - start < this.#left) return undefined;
    const text = latin1(buffer, start, start + this.#left);
    this.bytes += this.#left;
    this.#left = 0;
    this.done = true;
    return text;
  }

  #passChunks(chunks: ChunkedBody, socket: Socket, buffer: Buffer, start: number, end: number): number {
    const used = chunks.scan(buffer, start, end, (bytes, from, to) => {
      if (!writeCopy(socket, bytes, from, to)) this.blocked = true;
    });
    this.bytes = chunks.contentBytes;
    this.done = chunks.done;
    return used;
  }
}
