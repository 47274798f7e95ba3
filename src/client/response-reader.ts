import { Failure } from '../core/failure.ts';

export interface ResponseHead {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
}

/** A head or a chunk line longer than this does not come from our server. */
const longestLine = 64 * 1024;

/**
 * Reads one HTTP/1.1 response from the chunks of a socket. Written for the answers of our own server over
 * a unix socket: `node:http` as client costs a command of 25 ms another 30.
 */
export class ResponseReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #buffer: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The head of the final response; interim ones (1xx) are passed over. */
  async head(): Promise<ResponseHead> {
    for (;;) {
      const lines = await this.#headLines();
      const match = /^HTTP\/1\.1 (\d{3})(?: |$)/.exec(lines[0] ?? '');
      if (match === null) throw broken(`its answer begins with ${JSON.stringify(lines[0]?.slice(0, 40))}`);
      const status = Number(match[1]);
      if (status >= 200) return { status, headers: new Map(lines.slice(1).map(splitHeader)) };
    }
  }

  /** The body as it comes, unframed. Throws when the connection ends before the body does. */
  async *body(head: ResponseHead): AsyncGenerator<Buffer, void> {
    if (head.headers.get('transfer-encoding') === 'chunked') yield* this.#chunked();
    else if (head.headers.has('content-length'))
      yield* this.#exactly(Number(head.headers.get('content-length')));
    else if (head.status !== 204) yield* this.#untilEnd();
  }

  async #headLines(): Promise<string[]> {
    const lines: string[] = [];
    for (;;) {
      const line = await this.#line();
      if (line === '') return lines;
      lines.push(line);
    }
  }

  async *#chunked(): AsyncGenerator<Buffer, void> {
    for (;;) {
      const line = await this.#line();
      if (!/^[0-9a-f]{1,12}$/i.test(line)) throw broken('a chunk of its answer has no size');
      const size = Number.parseInt(line, 16);
      if (size === 0) {
        await this.#headLines();
        return;
      }
      yield* this.#exactly(size);
      if ((await this.#line()) !== '') throw broken('a chunk of its answer is longer than announced');
    }
  }

  async *#exactly(size: number): AsyncGenerator<Buffer, void> {
    let rest = size;
    while (rest > 0) {
      if (this.#buffer.length === 0 && !(await this.#fill())) throw cutOff();
      const part = this.#buffer.subarray(0, rest);
      this.#buffer = this.#buffer.subarray(part.length);
      rest -= part.length;
      yield part;
    }
  }

  async *#untilEnd(): AsyncGenerator<Buffer, void> {
    do {
      const part = this.#buffer;
      this.#buffer = Buffer.alloc(0);
      if (part.length > 0) yield part;
    } while (await this.#fill());
  }

  async #line(): Promise<string> {
    for (;;) {
      const end = this.#buffer.indexOf('\r\n');
      if (end !== -1) {
        const line = this.#buffer.toString('latin1', 0, end);
        this.#buffer = this.#buffer.subarray(end + 2);
        return line;
      }
      if (this.#buffer.length > longestLine) throw broken('a line of its answer has no end');
      if (!(await this.#fill())) throw cutOff();
    }
  }

  async #fill(): Promise<boolean> {
    const next = await this.#chunks.next();
    if (next.done === true) return false;
    this.#buffer = this.#buffer.length === 0 ? next.value : Buffer.concat([this.#buffer, next.value]);
    return true;
  }
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
}

function cutOff(): Failure {
  return new Failure(
    'control-unreachable',
    'The control plane ended the connection in the middle of its answer.',
    {
      retryable: true,
      details: { reason: 'cut-off' },
    },
  );
}

function broken(why: string): Failure {
  return new Failure('control-unreachable', `What answers on the control socket is not Mainstay: ${why}.`);
}
