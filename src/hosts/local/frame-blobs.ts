import { Failure } from '../../core/failure.ts';

/** Where blobs that the host lacks are taken from. */
export interface BlobSource {
  /** Undefined when there is no such blob. */
  sizeOf(digest: string): Promise<number | undefined>;
  open(digest: string): AsyncIterable<Uint8Array>;
}

/**
 * Blobs as they travel to an agent: for each its 32-byte SHA-256, its length as 8 bytes big-endian, its bytes.
 * Throws `not-found` for a blob that the source lacks.
 */
export async function* frameBlobs(
  source: BlobSource,
  digests: readonly string[],
): AsyncGenerator<Uint8Array> {
  for (const digest of digests) {
    const size = await source.sizeOf(digest);
    if (size === undefined) {
      throw new Failure('not-found', `Blob ${digest} cannot be sent to the host: it is not in the store.`, {
        hint: 'Build the release anew.',
      });
    }
    const head = Buffer.alloc(40);
    head.write(digest, 0, 'hex');
    head.writeBigUInt64BE(BigInt(size), 32);
    yield head;
    yield* source.open(digest);
  }
}
