import { createHash, hash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** SHA-256 in lower-case hexadecimal: the name of a blob. */
export type Digest = string;

const pattern = /^[0-9a-f]{64}$/;

export function isDigest(text: string): boolean {
  return pattern.test(text);
}

export function digestOf(content: string | Uint8Array): Digest {
  return hash('sha256', content);
}

/** Reads the file in pieces; `onContent` sees each of them once, in order. */
export async function digestOfFile(
  path: string,
  signal: AbortSignal,
  onContent?: (piece: Buffer) => void,
): Promise<Digest> {
  const running = createHash('sha256');
  for await (const piece of createReadStream(path, { signal, highWaterMark: 1 << 20 })) {
    // A stream without encoding yields buffers only.
    const content = piece as Buffer;
    running.update(content);
    onContent?.(content);
  }
  return running.digest('hex');
}
