import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';

export interface RotationLimits {
  readonly maxFileBytes: number;
  /** Older files kept beside the present one: `.1` is the youngest. */
  readonly keepFiles: number;
}

/**
 * An append-only file of lines with bounded size. Writes are synchronous, so that a line that was taken from
 * a process is on its way to disk before anything can end this one.
 */
export class RotatedFile {
  readonly #path: string;
  readonly #limits: RotationLimits;
  #descriptor: number | undefined;
  #size = 0;
  #torn = false;

  constructor(path: string, limits: RotationLimits) {
    this.#path = path;
    this.#limits = limits;
  }

  /** Throws what the file system throws (`ENOSPC`); the next call tries again. */
  append(text: string): void {
    this.#descriptor ??= this.#open();
    // After a write that failed half-way the next line must not grow together with its remains.
    const data = Buffer.from(this.#torn ? `\n${text}` : text);
    if (this.#size > 0 && this.#size + data.length > this.#limits.maxFileBytes)
      this.#descriptor = this.#rotate();
    this.#torn = true;
    for (let offset = 0; offset < data.length; ) {
      offset += writeSync(this.#descriptor, data, offset);
    }
    this.#torn = false;
    this.#size += data.length;
  }

  #open(): number {
    const descriptor = openSync(this.#path, 'a', 0o640);
    this.#size = fstatSync(descriptor).size;
    return descriptor;
  }

  #rotate(): number {
    this.close();
    const { keepFiles } = this.#limits;
    rmSync(`${this.#path}.${keepFiles}`, { force: true });
    for (let index = keepFiles - 1; index >= 1; index -= 1) {
      renameIfThere(`${this.#path}.${index}`, `${this.#path}.${index + 1}`);
    }
    if (keepFiles > 0) renameIfThere(this.#path, `${this.#path}.1`);
    else rmSync(this.#path, { force: true });
    return this.#open();
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
