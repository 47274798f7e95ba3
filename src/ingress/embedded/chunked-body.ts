import { CR, hexValue, LF } from './bytes.ts';
import type { Direction } from './field-names.ts';
import { fieldKind } from './field-names.ts';
import { FieldSection, incomplete } from './field-section.ts';

/** Where in the chunked coding (RFC 9112 section 7.1) the next byte stands. */
const position = {
  size: 0,
  sizeLineFeed: 1,
  data: 2,
  dataReturn: 3,
  dataLineFeed: 4,
  trailers: 5,
  done: 6,
} as const;
type Position = (typeof position)[keyof typeof position];

const trailerLimits = { maxBytes: 8 * 1024, maxFields: 50 };
/** Thirteen hexadecimal digits stay below 2^53. */
const maxSizeDigits = 13;

/** Takes the bytes `buffer[start, end)` during the call; it may not keep the buffer. */
export type TakeBytes = (buffer: Buffer, start: number, end: number) => void;

/**
 * Follows a chunked body as it streams and checks every byte of its framing. Chunk extensions are refused:
 * nobody needs them, and servers disagree about where they end. Trailers are checked like any field.
 */
export class ChunkedBody {
  /** Bytes of content seen so far, without framing. */
  contentBytes = 0;
  /** Set when the framing is broken; nothing that follows may be trusted. */
  failure: string | undefined;
  #position: Position = position.size;
  #size = 0;
  #digits = 0;
  #trailers: Buffer | undefined;
  readonly #direction: Direction;
  readonly #decode: boolean;

  /** With `decode` only content is handed on; without, the framing too. Trailers of requests never are. */
  constructor(direction: Direction, decode: boolean) {
    this.#direction = direction;
    this.#decode = decode;
  }

  get done(): boolean {
    return this.#position === position.done;
  }

  /** Whether the part seen so far ends between two chunks, where nothing is half said. */
  get betweenChunks(): boolean {
    return this.#position === position.size && this.#digits === 0;
  }

  /** Scans from `start`, hands on what may be handed on, and returns the index after the last byte used. */
  scan(buffer: Buffer, start: number, end: number, take: TakeBytes): number {
    let at = start;
    let from = start;
    while (at < end && this.#position !== position.done && this.failure === undefined) {
      if (this.#position === position.data) {
        const available = Math.min(this.#size, end - at);
        if (this.#decode) take(buffer, at, at + available);
        this.contentBytes += available;
        this.#size -= available;
        at += available;
        if (this.#size === 0) this.#position = position.dataReturn;
      } else if (this.#position === position.trailers) {
        if (!this.#decode && at > from) take(buffer, from, at);
        at = this.#scanTrailers(buffer, at, end, take);
        from = at;
      } else {
        this.#scanFraming(buffer[at] as number);
        at += 1;
      }
    }
    if (!this.#decode && at > from && this.failure === undefined) take(buffer, from, at);
    return at;
  }

  #scanFraming(byte: number): void {
    switch (this.#position) {
      case position.size: {
        const digit = hexValue[byte] as number;
        if (digit > 0) {
          this.#digits += 1;
          this.#size = this.#size * 16 + digit - 1;
          if (this.#digits > maxSizeDigits) this.failure = 'a chunk size that is too large';
        } else if (byte === CR && this.#digits > 0) this.#position = position.sizeLineFeed;
        else this.failure = 'an invalid chunk size';
        return;
      }
      case position.sizeLineFeed:
        if (byte !== LF) this.failure = 'an invalid chunk size';
        else this.#position = this.#size === 0 ? position.trailers : position.data;
        this.#digits = 0;
        return;
      case position.dataReturn:
        if (byte === CR) this.#position = position.dataLineFeed;
        else this.failure = 'a chunk that is longer than its size';
        return;
      default:
        if (byte === LF) this.#position = position.size;
        else this.failure = 'a chunk that is longer than its size';
    }
  }

  #scanTrailers(buffer: Buffer, start: number, end: number, take: TakeBytes): number {
    const before = this.#trailers?.length ?? 0;
    const section =
      this.#trailers === undefined
        ? buffer.subarray(start, end)
        : Buffer.concat([this.#trailers, buffer.subarray(start, end)]);
    const parser = new FieldSection(this.#direction, trailerLimits);
    const parsed = parser.parse(section, 0, section.length);
    if (parsed === incomplete) {
      if (section.length > trailerLimits.maxBytes) this.failure = 'trailers that are too large';
      this.#trailers = Buffer.from(section);
      return end;
    }
    if (parsed < 0) this.failure = parser.refusal.reason;
    for (let index = 0; index < parser.count; index += 1) {
      const kind = parser.kind[index];
      if (kind !== fieldKind.pass) this.failure ??= 'a trailer that may not be one';
    }
    if (this.failure !== undefined) return start;
    this.#position = position.done;
    if (!this.#decode) {
      if (this.#direction === 'request') take(emptyLine, 0, 2);
      else take(section, 0, parsed);
    }
    return start + parsed - before;
  }
}

const emptyLine = Buffer.from([CR, LF]);
