import { Failure } from '../../core/failure.ts';
import type { HostArtifacts } from '../agent-deps.ts';
import type { StreamHandler } from './agent-server.ts';
import { ByteReader } from './byte-reader.ts';

const headBytes = 32 + 8;

/**
 * `POST /v1/blobs`: any number of blobs one after the other, each as its 32-byte SHA-256, its length as 8 bytes
 * big-endian, and its bytes. Answers `{ blobs, bytes }`. Each blob is verified as it is written; those before a
 * failure stay.
 */
export function blobStream(artifacts: HostArtifacts): StreamHandler {
  return async (request, response, _url, signal) => {
    const reader = new ByteReader(request);
    let blobs = 0;
    let bytes = 0;
    for (let head = await reader.take(headBytes); head !== undefined; head = await reader.take(headBytes)) {
      const digest = head.subarray(0, 32).toString('hex');
      const size = Number(head.readBigUInt64BE(32));
      if (!Number.isSafeInteger(size))
        throw new Failure('usage-invalid', `Blob ${digest} has no possible length.`);
      await artifacts.put({ digest, size }, reader.stream(size), signal);
      await reader.skipRest();
      blobs += 1;
      bytes += size;
    }
    const text = JSON.stringify({ blobs, bytes });
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    });
    response.end(text);
  };
}
