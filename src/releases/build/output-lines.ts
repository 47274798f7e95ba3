import { StringDecoder } from 'node:string_decoder';

/** A longer line is passed on in parts, so that output without line ends cannot fill the memory. */
const longestLine = 64 * 1024;

/** Cuts what a program writes into lines; progress that it draws over itself (`\r`) comes as its last state. */
export class OutputLines {
  readonly #emit: (line: string) => void;
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  constructor(emit: (line: string) => void) {
    this.#emit = emit;
  }

  write(piece: Buffer): void {
    this.#rest += this.#decoder.write(piece);
    const lines = this.#rest.split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#pass(line);
    for (; this.#rest.length > longestLine; this.#rest = this.#rest.slice(longestLine))
      this.#emit(this.#rest.slice(0, longestLine));
  }

  end(): void {
    this.#rest += this.#decoder.end();
    if (this.#rest !== '') this.#pass(this.#rest);
    this.#rest = '';
  }

  #pass(line: string): void {
    const text = line.replace(/\r+$/, '');
    this.#emit(text.slice(text.lastIndexOf('\r') + 1).slice(0, longestLine));
  }
}
