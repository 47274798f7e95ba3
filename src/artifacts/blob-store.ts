import { createHash } from 'node:crypto';
import {
  chmodSync,
  constants,
  createReadStream,
  linkSync,
  lstatSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { chmod, copyFile, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Failure } from '../core/failure.ts';
import { type Digest, digestOf, digestOfFile, isDigest } from './digest.ts';
import { fileFailure } from './file-failure.ts';
import { inSlices } from './in-slices.ts';
import { makeDirectories } from './make-directories.ts';
import { sweepTemporary, temporaryName } from './temporary-name.ts';

/** Files up to this size are read and written whole, in one go. */
export const smallFile = 256 * 1024;

export interface StoredBlob {
  readonly digest: Digest;
  readonly size: number;
  /** False when the store had it already. */
  readonly added: boolean;
}

/**
 * Content under its own SHA-256: `sha256/ab/<digest>`. A blob appears whole or not at all for every reader;
 * whoever makes a reference to blobs durable flushes them first (`flushFiles`), and readers verify what they read, so
 * that one which a power cut tore is found and named.
 */
export class BlobStore {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Makes the directories and removes what dead processes left half-written. Call it once before use. */
  async prepare(): Promise<void> {
    try {
      makeDirectories(join(this.directory, 'tmp'), 0o700);
      for (let index = 0; index < 256; index += 1)
        makeDirectories(join(this.directory, 'sha256', index.toString(16).padStart(2, '0')), 0o700);
      await sweepTemporary(join(this.directory, 'tmp'));
    } catch (error) {
      throw fileFailure(error, 'prepare the store of blobs', this.directory);
    }
  }

  /** Where the blob lies, or would lie. Read-only for everybody. */
  path(digest: Digest): string {
    return join(this.directory, this.relativePath(digest));
  }

  relativePath(digest: Digest): string {
    if (!isDigest(digest)) throw new Error(`not a digest: ${digest}`);
    return join('sha256', digest.slice(0, 2), digest);
  }

  /** Size of the blob; undefined when the store lacks it. */
  async sizeOf(digest: Digest): Promise<number | undefined> {
    return this.sizeNow(digest);
  }

  sizeNow(digest: Digest): number | undefined {
    return statSync(this.path(digest), { throwIfNoEntry: false })?.size;
  }

  has(digest: Digest): boolean {
    return this.sizeNow(digest) !== undefined;
  }

  /** Those that the store lacks, in the order given, each once. */
  async missing(digests: readonly Digest[], signal: AbortSignal): Promise<Digest[]> {
    const lacking: Digest[] = [];
    await inSlices(new Set(digests), signal, (digest) => {
      if (!this.has(digest)) lacking.push(digest);
    });
    return lacking;
  }

  /** Blocks while it writes, which for small content is much quicker than waiting for the thread pool. */
  putBytes(content: string | Uint8Array): StoredBlob {
    const buffer = Buffer.from(content);
    const digest = digestOf(buffer);
    if (this.#claim(digest, buffer.length)) return { digest, size: buffer.length, added: false };
    const temporary = this.#temporary();
    try {
      writeFileSync(temporary, buffer, { flag: 'wx', mode: 0o400 });
      renameSync(temporary, this.path(digest));
    } catch (error) {
      rmSync(temporary, { force: true });
      throw fileFailure(error, 'store a blob', this.directory, buffer.length);
    }
    return { digest, size: buffer.length, added: true };
  }

  /**
   * Makes the file itself the blob, without copying it, and so read-only; nobody may write to it any more. The caller has just
   * found this digest and size. False when it cannot be: it has other names, or lies on another disk.
   */
  takeFile(path: string, digest: Digest, size: number): StoredBlob | undefined {
    if (this.#claim(digest, size)) return { digest, size, added: false };
    const status = lstatSync(path);
    // A second name may be in the cache of a package manager, which goes on writing to it.
    if (status.nlink !== 1 || status.size !== size) return undefined;
    try {
      rmSync(this.path(digest), { force: true });
      linkSync(path, this.path(digest));
      chmodSync(path, 0o400);
      return { digest, size, added: true };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EXDEV' || code === 'EMLINK' || code === 'EPERM' || code === 'ENOTSUP') return undefined;
      throw fileFailure(error, 'store a blob', this.directory);
    }
  }

  /** For files of any size, in pieces. The digest is that of the stored copy, whatever happens to the file meanwhile. */
  async putFile(path: string, size: number, signal: AbortSignal): Promise<StoredBlob> {
    const seen = await digestOfFile(path, signal);
    if (this.#claim(seen, size)) return { digest: seen, size, added: false };
    return await this.#write(size, async (temporary) => {
      await copyFile(path, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      await chmod(temporary, 0o400);
      return { digest: await digestOfFile(temporary, signal), size: (await stat(temporary)).size };
    });
  }

  /**
   * Stores what the source yields. With `expected`, content that turns out different is refused with
   * `state-corrupt` and leaves nothing behind.
   */
  async putStream(
    source: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
    expected?: { readonly digest: Digest; readonly size: number },
  ): Promise<StoredBlob> {
    if (expected !== undefined && expected.size <= smallFile)
      return this.putBytes(await collect(source, signal, expected));
    return await this.#write(expected?.size, async (temporary) => {
      const hash = createHash('sha256');
      let size = 0;
      const handle = await open(temporary, 'wx', 0o400);
      try {
        for await (const piece of source) {
          signal.throwIfAborted();
          hash.update(piece);
          size += piece.length;
          if (expected !== undefined && size > expected.size) throw wrongContent(expected.digest);
          // `write` may take less than it was given; `writeFile` on a handle goes on until all is written.
          await handle.writeFile(piece);
        }
      } finally {
        await handle.close();
      }
      const digest = hash.digest('hex');
      if (expected !== undefined && (expected.digest !== digest || expected.size !== size))
        throw wrongContent(expected.digest);
      return { digest, size };
    });
  }

  /** The caller verifies what it reads, as `read` does. Fails with ENOENT when the store lacks the blob. */
  open(digest: Digest): Readable {
    return createReadStream(this.path(digest));
  }

  /** The whole content, verified. A damaged blob is moved out of the way, so that it can be stored anew. */
  async read(digest: Digest): Promise<Buffer> {
    let content: Buffer;
    try {
      content = await readFile(this.path(digest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new Failure('not-found', `Blob ${digest} is not in ${this.directory}.`, { cause: error });
    }
    if (digestOf(content) !== digest) throw this.discardDamaged(digest, 'metadata of a release');
    return content;
  }

  /** Removes a blob whose content no longer fits its name; returns the failure that says so. */
  discardDamaged(digest: Digest, usedFor: string): Failure {
    this.remove(digest);
    return new Failure(
      'state-corrupt',
      `Blob ${digest} (${usedFor}) was damaged on the disk of ${this.directory} and has been removed.`,
      {
        hint: 'Run the same command again: it is built or copied anew. Check the disk.',
        details: { digest },
      },
    );
  }

  /** Nothing happens when the store lacks it. */
  remove(digest: Digest): void {
    rmSync(this.path(digest), { force: true });
  }

  /** All blobs, in order of their digests. */
  async digests(): Promise<Digest[]> {
    const found: Digest[] = [];
    const top = join(this.directory, 'sha256');
    for (const part of (await readdir(top)).sort()) {
      found.push(...(await readdir(join(top, part))).filter(isDigest).sort());
    }
    return found;
  }

  /**
   * Whether the blob is there with this size (a power cut leaves files empty or short). Touches it, so that a
   * collection of garbage which runs meanwhile sees that it is in use again.
   */
  #claim(digest: Digest, size: number): boolean {
    if (this.sizeNow(digest) !== size) return false;
    // Setting the mode it has already moves its change time, by which the collection goes.
    chmodSync(this.path(digest), 0o400);
    return true;
  }

  #temporary(): string {
    return join(this.directory, 'tmp', temporaryName('blob'));
  }

  /** `fill` makes the temporary file and says what it holds. */
  async #write(
    size: number | undefined,
    fill: (temporary: string) => Promise<Omit<StoredBlob, 'added'>>,
  ): Promise<StoredBlob> {
    const temporary = this.#temporary();
    try {
      const stored = await fill(temporary);
      await rename(temporary, this.path(stored.digest));
      return { ...stored, added: true };
    } catch (error) {
      await rm(temporary, { force: true });
      throw fileFailure(error, 'store a blob', this.directory, size);
    }
  }
}

async function collect(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  expected: { readonly digest: Digest; readonly size: number },
): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of source) {
    signal.throwIfAborted();
    pieces.push(piece);
    size += piece.length;
    if (size > expected.size) throw wrongContent(expected.digest);
  }
  const content = Buffer.concat(pieces);
  if (digestOf(content) !== expected.digest) throw wrongContent(expected.digest);
  return content;
}

function wrongContent(digest: Digest): Failure {
  return new Failure('state-corrupt', `Blob ${digest} arrived with other content than its name says.`, {
    hint: 'The transfer is repeated; when it happens again, check memory and disk of both machines.',
    retryable: true,
    details: { digest },
  });
}
