import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface AccessLogOptions {
  readonly path: string;
  /** A file that has grown to this size is set aside as `PATH.1`, `PATH.2` … */
  readonly maxFileBytes: number;
  /** How many files set aside are kept. */
  readonly keepFiles: number;
}

const flushAfterMs = 500;
const flushAtCharacters = 256 * 1024;
/** When the disk cannot follow, lines are dropped rather than memory filled. */
const maxBufferedCharacters = 8 * 1024 * 1024;

/** Appends lines to a rotated file, many lines with one write. Never throws and never delays a request. */
export class AccessLog {
  /** Lines that were dropped because they could not be written. */
  dropped = 0;
  readonly #options: AccessLogOptions;
  #buffer = '';
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #file: FileHandle | undefined;
  #fileBytes = 0;

  constructor(options: AccessLogOptions) {
    this.#options = options;
  }

  /** `line` ends with a line feed and is ASCII. */
  write(line: string): void {
    if (this.#buffer.length > maxBufferedCharacters) {
      this.dropped += 1;
      return;
    }
    this.#buffer += line;
    if (this.#buffer.length >= flushAtCharacters) this.#start();
    else this.#timer ??= setTimeout(() => this.#start(), flushAfterMs).unref();
  }

  #start(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined;
    });
  }

  async #drain(): Promise<void> {
    while (this.#buffer !== '') {
      const chunk = this.#buffer;
      this.#buffer = '';
      try {
        await this.#append(chunk);
      } catch {
        // A full disk must not stop the traffic; the count tells that lines are missing.
        this.dropped += 1;
        await this.#closeFile();
      }
    }
  }

  async #append(chunk: string): Promise<void> {
    if (this.#file === undefined) {
      await mkdir(dirname(this.#options.path), { recursive: true, mode: 0o700 });
      this.#file = await open(this.#options.path, 'a', 0o600);
      this.#fileBytes = (await this.#file.stat()).size;
    }
    await this.#file.write(Buffer.from(chunk, 'latin1'));
    this.#fileBytes += chunk.length;
    if (this.#fileBytes >= this.#options.maxFileBytes) await this.#rotate();
  }

  async #rotate(): Promise<void> {
    await this.#closeFile();
    const { path, keepFiles } = this.#options;
    await rm(`${path}.${keepFiles}`, { force: true });
    for (let index = keepFiles - 1; index >= 1; index -= 1) {
      await rename(`${path}.${index}`, `${path}.${index + 1}`).catch(() => undefined);
    }
    await rename(path, `${path}.1`);
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => undefined);
  }

  /** Writes what is buffered and closes the file. */
  async close(): Promise<void> {
    this.#start();
    await this.#writing;
    await this.#closeFile();
  }
}
