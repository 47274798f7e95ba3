import { StringDecoder } from 'node:string_decoder';
import type { Redactor } from '../../core/redact.ts';

/** A program that prints without line ends must not fill the memory of the agent. */
const longestLine = 64 * 1024;

/** Turns the bytes of one stream into redacted lines, however they were cut on their way. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  readonly #redactor: Redactor;
  readonly #onLine: (text: string) => void;
  #rest = '';

  constructor(redactor: Redactor, onLine: (text: string) => void) {
    this.#redactor = redactor;
    this.#onLine = onLine;
  }

  push(data: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(data)).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#emitBounded(line);
    if (this.#rest.length > longestLine) this.#rest = this.#emitFull(this.#rest);
  }

  /** What stands after the last line end is a line too. */
  end(): void {
    const rest = this.#rest + this.#decoder.end();
    this.#rest = '';
    if (rest !== '') this.#emitBounded(rest);
  }

  #emitBounded(line: string): void {
    const rest = line.length > longestLine ? this.#emitFull(line) : line;
    this.#emit(rest.endsWith('\r') ? rest.slice(0, -1) : rest);
  }

  /** Emits full-length pieces, never cutting through a secret, and returns what is left. */
  #emitFull(text: string): string {
    let rest = text;
    while (rest.length > longestLine) {
      const cut = this.#redactor.safeCut(rest.slice(0, longestLine)) || longestLine;
      this.#emit(rest.slice(0, cut));
      rest = rest.slice(cut);
    }
    return rest;
  }

  #emit(text: string): void {
    this.#onLine(this.#redactor.redact(text));
  }
}
