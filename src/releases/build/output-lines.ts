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
    if (this.#rest.length <= longestLine) return;
    this.#pass(this.#rest);
    this.#rest = '';
  }

  end(): void {
    this.#rest += this.#decoder.end();
    if (this.#rest !== '') this.#pass(this.#rest);
    this.#rest = '';
  }

  #pass(line: string): void {
    const text = line.replace(/\r+$/, '');
    const shown = text.slice(text.lastIndexOf('\r') + 1);
    this.#emit(shown.slice(0, longestLine));
    for (let at = longestLine; at < shown.length; at += longestLine)
      this.#emit(shown.slice(at, at + longestLine));
  }
}
