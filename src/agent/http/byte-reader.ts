import { Failure } from '../../core/failure.ts';

/** Cuts a stream of chunks into the pieces that its reader asks for. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);
  #left = 0;

  constructor(source: AsyncIterable<Buffer>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** Exactly so many bytes; undefined at a clean end. Throws `usage-invalid` when the stream ends inside. */
  async take(count: number): Promise<Buffer | undefined> {
    while (this.#rest.length < count) {
      const next = await this.#chunks.next();
      if (next.done === true) {
        if (this.#rest.length === 0) return undefined;
        throw cutShort();
      }
      this.#rest = Buffer.concat([this.#rest, next.value]);
    }
    const piece = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    return piece;
  }

  /** Up to and without the next line end; undefined at the end of the stream. */
  async line(longest: number): Promise<string | undefined> {
    for (let at = this.#rest.indexOf(10); ; at = this.#rest.indexOf(10)) {
      if (at !== -1) {
        const line = this.#rest.subarray(0, at).toString('utf8');
        this.#rest = this.#rest.subarray(at + 1);
        return line;
      }
      const next = await this.#chunks.next();
      if (next.done === true || this.#rest.length > longest) return undefined;
      this.#rest = Buffer.concat([this.#rest, next.value]);
    }
  }

  /** Everything that is left. */
  async *remaining(): AsyncGenerator<Buffer> {
    if (this.#rest.length > 0) yield this.#rest;
    this.#rest = Buffer.alloc(0);
    for (let next = await this.#chunks.next(); next.done !== true; next = await this.#chunks.next())
      yield next.value;
  }

  /** The next bytes in pieces, as they come. */
  async *stream(count: number): AsyncGenerator<Buffer> {
    this.#left = count;
    while (this.#left > 0) {
      if (this.#rest.length === 0) {
        const next = await this.#chunks.next();
        if (next.done === true) throw cutShort();
        this.#rest = next.value;
      }
      const piece = this.#rest.subarray(0, this.#left);
      this.#rest = this.#rest.subarray(piece.length);
      this.#left -= piece.length;
      yield piece;
    }
  }

  /** A blob that the store had already need not have been read to its end. */
  async skipRest(): Promise<void> {
    for await (const _piece of this.stream(this.#left)) {
      // Not wanted.
    }
  }
}

function cutShort(): Failure {
  return new Failure('usage-invalid', 'The stream ended in the middle.', { retryable: true });
}
