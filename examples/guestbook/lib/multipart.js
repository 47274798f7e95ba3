import { RequestError } from './request-error.js';

const maxHeadBytes = 8 * 1024;
const maxParts = 20;

/**
 * The parts of a multipart/form-data body, one after the other as they arrive:
 * `{ name, fileName, body }`, where `fileName` is undefined for a plain field and `body` is an
 * async iterable of buffers. Nothing is held in memory beyond one chunk; what the reader leaves
 * of a body is skipped.
 */
export async function* multipartParts(source, contentType) {
  const boundary = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType);
  if (!boundary) throw new RequestError(400, 'The form has no boundary.');
  const delimiter = Buffer.from(`\r\n--${boundary[1] ?? boundary[2]}`);
  const input = new Input(source);

  await skip(input, delimiter);
  for (let count = 0; ; count++) {
    if ((await input.take(2)) === '--') return;
    if (count === maxParts) throw new RequestError(400, 'The form has too many parts.');
    const { name, fileName } = readHead(await input.head());
    let open = true;
    const body = (async function* () {
      yield* input.until(delimiter);
      open = false;
    })();
    yield { name, fileName, body };
    if (open) await skip(input, delimiter);
  }
}

function readHead(head) {
  const disposition = /^content-disposition:\s*form-data\s*;(.*)$/im.exec(head)?.[1] ?? '';
  const parameter = (key) => new RegExp(`(?:^|[;\\s])${key}="([^"]*)"`, 'i').exec(disposition)?.[1];
  const name = parameter('name');
  if (name === undefined) throw new RequestError(400, 'A part of the form has no name.');
  return { name, fileName: parameter('filename') };
}

async function skip(input, delimiter) {
  const chunks = input.until(delimiter);
  while (!(await chunks.next()).done);
}

/** Reads the body by delimiters, keeping what came too early for the next read. */
class Input {
  #chunks;
  // The first boundary has no line break before it; this one makes it look like the others.
  #held = Buffer.from('\r\n');

  constructor(source) {
    // Without this, leaving the loop early would destroy the connection before it got its answer.
    this.#chunks = source.iterator({ destroyOnReturn: false });
  }

  /** Everything up to the delimiter, which is taken too. */
  async *until(delimiter) {
    for (;;) {
      const at = this.#held.indexOf(delimiter);
      if (at !== -1) {
        const last = this.#held.subarray(0, at);
        this.#held = this.#held.subarray(at + delimiter.length);
        if (last.length > 0) yield last;
        return;
      }
      // The tail may be the beginning of a delimiter and stays until more is known.
      const sure = this.#held.length - delimiter.length + 1;
      if (sure > 0) {
        const chunk = this.#held.subarray(0, sure);
        this.#held = this.#held.subarray(sure);
        yield chunk;
      }
      await this.#more();
    }
  }

  async take(length) {
    while (this.#held.length < length) await this.#more();
    const text = this.#held.toString('latin1', 0, length);
    this.#held = this.#held.subarray(length);
    return text;
  }

  /** The lines that open a part. The line break before the first one has been taken already. */
  async head() {
    for (;;) {
      const end = this.#held.indexOf('\r\n\r\n');
      if (end > maxHeadBytes || (end === -1 && this.#held.length > maxHeadBytes)) {
        throw new RequestError(400, 'A part of the form has too long a head.');
      }
      if (end !== -1) {
        const head = this.#held.toString('utf8', 0, end);
        this.#held = this.#held.subarray(end + 4);
        return head;
      }
      await this.#more();
    }
  }

  async #more() {
    const { value, done } = await this.#chunks.next();
    if (done) throw new RequestError(400, 'The form ended before its last boundary.');
    this.#held = this.#held.length === 0 ? value : Buffer.concat([this.#held, value]);
  }
}
