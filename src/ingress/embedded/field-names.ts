import { foldedName } from './bytes.ts';

/** What the ingress does with a field; anything not listed is passed on as it is. */
export const fieldKind = {
  pass: 0,
  /** Belongs to one connection, or says what only the ingress may say. */
  drop: 1,
  connection: 2,
  contentLength: 3,
  transferEncoding: 4,
  host: 5,
  upgrade: 6,
  expect: 7,
  requestId: 8,
  keepAlive: 9,
  contentType: 10,
  forwardedFor: 11,
  forwardedProto: 12,
  forwardedHost: 13,
} as const;

export type FieldKind = (typeof fieldKind)[keyof typeof fieldKind];
export type Direction = 'request' | 'response';

interface KnownField {
  readonly name: string;
  readonly request: FieldKind;
  readonly response: FieldKind;
}

const { pass, drop } = fieldKind;

const knownFields: readonly KnownField[] = [
  { name: 'connection', request: fieldKind.connection, response: fieldKind.connection },
  { name: 'content-length', request: fieldKind.contentLength, response: fieldKind.contentLength },
  { name: 'transfer-encoding', request: fieldKind.transferEncoding, response: fieldKind.transferEncoding },
  { name: 'host', request: fieldKind.host, response: pass },
  { name: 'upgrade', request: fieldKind.upgrade, response: fieldKind.upgrade },
  { name: 'expect', request: fieldKind.expect, response: pass },
  { name: 'x-request-id', request: fieldKind.requestId, response: fieldKind.requestId },
  { name: 'keep-alive', request: drop, response: fieldKind.keepAlive },
  { name: 'content-type', request: pass, response: fieldKind.contentType },
  { name: 'x-forwarded-for', request: fieldKind.forwardedFor, response: pass },
  { name: 'x-forwarded-proto', request: fieldKind.forwardedProto, response: pass },
  { name: 'x-forwarded-host', request: fieldKind.forwardedHost, response: pass },
  { name: 'forwarded', request: drop, response: pass },
  { name: 'x-real-ip', request: drop, response: pass },
  // A `Proxy` field becomes HTTP_PROXY in CGI-like applications.
  { name: 'proxy', request: drop, response: pass },
  { name: 'proxy-connection', request: drop, response: drop },
  { name: 'proxy-authorization', request: drop, response: pass },
  { name: 'proxy-authenticate', request: pass, response: drop },
  { name: 'te', request: drop, response: pass },
  // Trailers of requests are checked and dropped, so their announcement is too.
  { name: 'trailer', request: drop, response: pass },
  { name: 'http2-settings', request: drop, response: pass },
];

const forwardedPrefix = 'x-forwarded-';

/** The hash that the head scanner computes byte by byte over folded names. */
export const hashSeed = 7;

function hashOf(name: string): number {
  let hash = hashSeed;
  for (let at = 0; at < name.length; at += 1) hash = (Math.imul(hash, 31) + name.charCodeAt(at)) | 0;
  return hash;
}

const slots: (KnownField | undefined)[] = new Array<KnownField | undefined>(1024).fill(undefined);
for (const field of knownFields) {
  const slot = hashOf(field.name) & 1023;
  if (slots[slot] !== undefined) throw new Error(`two known fields share slot ${slot}: ${field.name}`);
  slots[slot] = field;
}

function matches(buffer: Uint8Array, start: number, length: number, name: string): boolean {
  for (let at = 0; at < length; at += 1) {
    if (foldedName[buffer[start + at] ?? 0] !== name.charCodeAt(at)) return false;
  }
  return true;
}

function hasUnderscore(buffer: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (buffer[at] === 0x5f) return true;
  return false;
}

/**
 * Kind of the field whose name is `buffer[start, end)` and whose folded hash is `hash`. A name with `_` that
 * folds to a field with a meaning here is dropped: to some applications it would be that field.
 */
export function classifyField(
  buffer: Uint8Array,
  start: number,
  end: number,
  hash: number,
  direction: Direction,
): FieldKind {
  const known = slots[hash & 1023];
  if (
    known !== undefined &&
    known.name.length === end - start &&
    matches(buffer, start, end - start, known.name)
  ) {
    const kind = known[direction];
    return kind !== pass && hasUnderscore(buffer, start, end) ? drop : kind;
  }
  if (direction === 'response' || end - start < forwardedPrefix.length) return pass;
  const first = buffer[start];
  if (first !== 0x78 && first !== 0x58) return pass;
  return matches(buffer, start, forwardedPrefix.length, forwardedPrefix) ? drop : pass;
}
