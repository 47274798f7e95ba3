import { latin1 } from './bytes.ts';
import type { RequestHead } from './request-head.ts';
import type { ClientIdentity } from './rewrite-head.ts';
import { rewriteRequestHead } from './rewrite-head.ts';
import { hostName } from './routing-table.ts';

/** What is kept of a request head once the buffer that it was parsed from is gone. */
export class IncomingRequest {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  /** Path and query. */
  readonly target: string;
  /** Lower-case, without port. */
  readonly host: string;
  /** -1 when the request does not say. */
  readonly contentLength: number;
  readonly http10: boolean;
  readonly webSocket: boolean;
  /** The client wants to use the connection again. */
  readonly keepAlive: boolean;
  /** May be sent again: it changes nothing and has no body. */
  readonly safe: boolean;
  /** The head that an upstream gets. */
  readonly head: string;

  constructor(head: RequestHead, buffer: Buffer, client: ClientIdentity, id: string) {
    const { method, minor, contentLength } = head;
    const authority = latin1(buffer, head.hostStart, head.hostEnd);
    this.id = id;
    this.method = method;
    this.path = latin1(buffer, head.targetStart, head.pathEnd);
    this.target =
      head.pathEnd === head.targetEnd ? this.path : this.path + latin1(buffer, head.pathEnd, head.targetEnd);
    this.host = hostName(authority);
    this.contentLength = contentLength;
    this.http10 = minor === 0;
    this.webSocket = head.webSocket;
    this.keepAlive = !head.close && (minor === 1 || head.keepAlive);
    const withoutBody = !head.chunked && contentLength <= 0;
    this.safe = withoutBody && (method === 'GET' || method === 'HEAD' || method === 'OPTIONS');
    this.head = rewriteRequestHead(head, buffer, client, authority, id);
  }
}
