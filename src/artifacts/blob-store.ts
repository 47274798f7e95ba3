import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import {
  copyFile,
  chmod,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Failure } from '../core/failure.ts';
import { filesAtOnce, forEachBounded } from './bounded.ts';
import { type Digest, digestOf, digestOfFile, isDigest } from './digest.ts';
import { fileFailure } from './file-failure.ts';
import { sweepTemporary, temporaryName } from './temporary-name.ts';

/** Files up to this size are read whole: one read, one hash, one write. */
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
      await mkdir(join(this.directory, 'tmp'), { recursive: true, mode: 0o700 });
      await mkdir(join(this.directory, 'sha256'), { recursive: true, mode: 0o700 });
      for (let index = 0; index < 256; index += 1)
        await mkdir(join(this.directory, 'sha256', index.toString(16).padStart(2, '0')), { recursive: true });
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
    try {
      return (await stat(this.path(digest))).size;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async has(digest: Digest): Promise<boolean> {
    return (await this.sizeOf(digest)) !== undefined;
  }

  /** Those that the store lacks, in the order given, each once. */
  async missing(digests: readonly Digest[], signal: AbortSignal): Promise<Digest[]> {
    const lacking = new Set<Digest>();
    const distinct = [...new Set(digests)];
    await forEachBounded(distinct, filesAtOnce, signal, async (digest) => {
      if (!(await this.has(digest))) lacking.add(digest);
    });
    return distinct.filter((digest) => lacking.has(digest));
  }

  async putBytes(content: string | Uint8Array): Promise<StoredBlob> {
    const buffer = Buffer.from(content);
    const digest = digestOf(buffer);
    if (await this.#claim(digest, buffer.length)) return { digest, size: buffer.length, added: false };
    await this.#write(buffer.length, digest, (temporary) =>
      writeFile(temporary, buffer, { flag: 'wx', mode: 0o400 }),
    );
    return { digest, size: buffer.length, added: true };
  }

  /** The digest is that of the stored copy, whatever happens to the file meanwhile. */
  async putFile(path: string, size: number, signal: AbortSignal): Promise<StoredBlob> {
    if (size <= smallFile) return await this.putBytes(await readFile(path, { signal }));
    const seen = await digestOfFile(path, signal);
    if (await this.#claim(seen, size)) return { digest: seen, size, added: false };
    let stored = { digest: seen, size };
    await this.#write(size, undefined, async (temporary) => {
      await copyFile(path, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      await chmod(temporary, 0o400);
      stored = { digest: await digestOfFile(temporary, signal), size: (await stat(temporary)).size };
      return stored.digest;
    });
    return { ...stored, added: true };
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
    const hash = createHash('sha256');
    let size = 0;
    let digest = '';
    await this.#write(expected?.size, undefined, async (temporary) => {
      const handle = await open(temporary, 'wx', 0o400);
      try {
        for await (const piece of source) {
          signal.throwIfAborted();
          hash.update(piece);
          size += piece.length;
          if (expected !== undefined && size > expected.size) throw wrongContent(expected.digest);
          // `write` may take less than it was given; `writeFile` on a handle writes all of it at the present position.
          await handle.writeFile(piece);
        }
      } finally {
        await handle.close();
      }
      digest = hash.digest('hex');
      if (expected !== undefined && (expected.digest !== digest || expected.size !== size))
        throw wrongContent(expected.digest);
      return digest;
    });
    return { digest, size, added: true };
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
    if (digestOf(content) !== digest) throw await this.discardDamaged(digest, 'metadata of a release');
    return content;
  }

  /** Removes a blob whose content no longer fits its name; returns the failure that says so. */
  async discardDamaged(digest: Digest, usedFor: string): Promise<Failure> {
    await this.remove(digest);
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
  async remove(digest: Digest): Promise<void> {
    await rm(this.path(digest), { force: true });
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
  async #claim(digest: Digest, size: number): Promise<boolean> {
    const path = this.path(digest);
    try {
      if ((await stat(path)).size !== size) return false;
      // Setting the mode it has already moves its change time, by which the collection goes.
      await chmod(path, 0o400);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  }

  /** `fill` makes the temporary file and may return the digest where it was not known before. */
  async #write(
    size: number | undefined,
    digest: Digest | undefined,
    fill: (temporary: string) => Promise<Digest | undefined | void>,
  ): Promise<void> {
    const temporary = join(this.directory, 'tmp', temporaryName('blob'));
    try {
      const found = await fill(temporary);
      await rename(temporary, this.path(digest ?? found ?? ''));
    } catch (error) {
      await rm(temporary, { force: true });
      throw fileFailure(error, 'store a blob', this.directory, size);
    }
  }
}

function wrongContent(digest: Digest): Failure {
  return new Failure('state-corrupt', `Blob ${digest} arrived with other content than its name says.`, {
    hint: 'The transfer is repeated; when it happens again, check memory and disk of both machines.',
    retryable: true,
    details: { digest },
  });
}
