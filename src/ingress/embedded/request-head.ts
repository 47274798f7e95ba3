import { COLON, CR, equalsIgnoringCase, isTarget, isToken, LF, SP } from './bytes.ts';
import { fieldKind } from './field-names.ts';
import type { FieldLimits } from './field-section.ts';
import {
  FieldSection,
  incomplete,
  readConnectionOptions,
  readContentLength,
  refused,
} from './field-section.ts';

// As an imported module it would load the implementation of fetch as well: 6 MB for nothing.
const { METHODS } = process.getBuiltinModule('node:http');

/** Methods that Node's strict parser knows, without those that a reverse proxy must not pass on. */
const methods = new Map(
  METHODS.filter((method) => method !== 'CONNECT' && method !== 'TRACE').map((method) => [method, method]),
);
const longestMethod = Math.max(...[...methods.keys()].map((method) => method.length));

export const requestLimits: FieldLimits = { maxBytes: 16 * 1024, maxFields: 100 };

/** One bit for each byte that may stand in a host name, an IPv4 address or inside the brackets of IPv6. */
const isHostByte = new Uint8Array(256);
for (const character of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_') {
  isHostByte[character.charCodeAt(0)] = 1;
}

/**
 * One request head, parsed strictly: what RFC 9112 leaves open is refused rather than guessed, so no server
 * behind the ingress can frame what it gets otherwise than the ingress did. Reused for every request; its
 * offsets hold until the next `parse`.
 */
export class RequestHead {
  readonly fields = new FieldSection('request', requestLimits);
  start = 0;
  end = 0;
  method = '';
  /** The target in origin form (or `*`) without a scheme and authority in front. */
  targetStart = 0;
  targetEnd = 0;
  /** End of the path, where the query begins or the target ends. */
  pathEnd = 0;
  absolute = false;
  /** 0 for HTTP/1.0, 1 for HTTP/1.1. */
  minor = 1;
  hostStart = 0;
  /** Equal to `hostStart` when an HTTP/1.0 client sent no `Host`. */
  hostEnd = 0;
  /** -1 when the request does not say. */
  contentLength = -1;
  chunked = false;
  close = false;
  keepAlive = false;
  webSocket = false;
  expectContinue = false;
  /** Index of the X-Request-Id field, or -1. */
  requestId = -1;
  /** Lower-case names of fields that `Connection` ties to this hop. */
  hopFields: string[] = [];
  #connectionUpgrade = false;
  #authorityStart = 0;
  #authorityEnd = 0;

  /** Index after the head, `incomplete`, or `refused` with the reason in `fields.refusal`. */
  parse(buffer: Uint8Array, start: number, end: number): number {
    this.#reset();
    let at = start;
    // A single empty line before a request is allowed (RFC 9112 section 2.2).
    if (buffer[at] === CR) {
      if (at + 1 >= end) return incomplete;
      if (buffer[at + 1] !== LF) return this.fields.refuse(400, 'a carriage return without line feed');
      at += 2;
    }
    const limit = Math.min(end, start + requestLimits.maxBytes);
    this.start = at;
    const fieldsStart = this.#parseLine(buffer, at, limit);
    const parsed = fieldsStart > 0 ? this.fields.parse(buffer, fieldsStart, limit) : fieldsStart;
    if (parsed === incomplete && end - start >= requestLimits.maxBytes) {
      return this.fields.refuse(431, `a head of more than ${requestLimits.maxBytes} bytes`);
    }
    if (parsed <= 0) return parsed;
    this.end = parsed;
    return this.#interpret(buffer) ? parsed : refused;
  }

  #reset(): void {
    this.absolute = false;
    this.contentLength = -1;
    this.chunked = false;
    this.close = false;
    this.keepAlive = false;
    this.webSocket = false;
    this.expectContinue = false;
    this.requestId = -1;
    this.hostStart = -1;
    this.hostEnd = -1;
    this.#connectionUpgrade = false;
    if (this.hopFields.length > 0) this.hopFields = [];
  }

  #parseLine(buffer: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && isToken[buffer[at] as number] === 1) {
      at += 1;
      if (at - start > longestMethod) return this.fields.refuse(501, 'an unknown method');
    }
    if (at >= end) return incomplete;
    if (buffer[at] !== SP || at === start) return this.fields.refuse(400, 'an invalid request line');
    const method = readMethod(buffer, start, at);
    if (method === undefined) return this.fields.refuse(501, 'an unknown method');
    this.method = method;
    at += 1;
    const target = this.#parseTarget(buffer, at, end);
    if (target <= 0) return target;
    return this.#parseVersion(buffer, target, end);
  }

  #parseTarget(buffer: Uint8Array, start: number, end: number): number {
    let at = start;
    let query = -1;
    for (; at < end; at += 1) {
      const byte = buffer[at] as number;
      if (byte === 0x3f && query < 0) query = at;
      if (isTarget[byte] === 0) break;
    }
    if (at >= end) return incomplete;
    if (buffer[at] !== SP || at === start) return this.fields.refuse(400, 'an invalid request target');
    this.targetStart = start;
    this.targetEnd = at;
    const first = buffer[start];
    if (first === 0x2a) {
      if (at !== start + 1 || this.method !== 'OPTIONS')
        return this.fields.refuse(400, 'an invalid request target');
    } else if (first !== 0x2f && !this.#splitAbsoluteTarget(buffer)) {
      return this.fields.refuse(400, 'an invalid request target');
    }
    this.pathEnd = query < 0 ? at : query;
    return at + 1;
  }

  /** `http://authority/path`: servers must accept it, and what is passed on is its origin form. */
  #splitAbsoluteTarget(buffer: Uint8Array): boolean {
    const start = this.targetStart;
    const scheme = equalsIgnoringCase(buffer, start, start + 7, 'http://')
      ? 7
      : equalsIgnoringCase(buffer, start, start + 8, 'https://')
        ? 8
        : 0;
    if (scheme === 0) return false;
    let at = start + scheme;
    while (at < this.targetEnd && buffer[at] !== 0x2f) at += 1;
    // Without a path there would be nothing to pass on as it stands.
    if (at >= this.targetEnd || at === start + scheme) return false;
    this.absolute = true;
    this.#authorityStart = start + scheme;
    this.#authorityEnd = at;
    this.targetStart = at;
    return true;
  }

  #parseVersion(buffer: Uint8Array, start: number, end: number): number {
    const expected = 'HTTP/1.';
    for (let index = 0; index < expected.length; index += 1) {
      if (start + index >= end) return incomplete;
      if (buffer[start + index] !== expected.charCodeAt(index)) {
        return this.fields.refuse(index > 4 ? 505 : 400, 'an unknown protocol version');
      }
    }
    const at = start + expected.length;
    if (at + 2 >= end) return incomplete;
    const minor = (buffer[at] as number) - 0x30;
    if (minor !== 0 && minor !== 1) return this.fields.refuse(505, 'an unknown protocol version');
    if (buffer[at + 1] !== CR || buffer[at + 2] !== LF)
      return this.fields.refuse(400, 'an invalid request line');
    this.minor = minor;
    return at + 3;
  }

  /** Gives the fields their meaning; false when they contradict each other. */
  #interpret(buffer: Uint8Array): boolean {
    const { fields } = this;
    for (let index = 0; index < fields.count; index += 1) {
      const kind = fields.kind[index] as number;
      if (kind !== fieldKind.pass && !this.#interpretField(buffer, index, kind)) return false;
    }
    if (this.chunked && this.contentLength >= 0) return this.#no('both Content-Length and Transfer-Encoding');
    if (this.chunked && this.minor === 0) return this.#no('Transfer-Encoding in HTTP/1.0');
    if (this.hostStart < 0) {
      if (this.minor === 1) return this.#no('no Host field');
      this.hostStart = 0;
      this.hostEnd = 0;
    }
    if (this.absolute && !this.#takeAuthority(buffer)) return false;
    this.webSocket = this.webSocket && this.#connectionUpgrade && this.minor === 1;
    if (this.webSocket && (this.method !== 'GET' || this.chunked || this.contentLength > 0)) {
      return this.#no('an upgrade that is not a plain GET');
    }
    return true;
  }

  #interpretField(buffer: Uint8Array, index: number, kind: number): boolean {
    const start = this.fields.valueStart[index] as number;
    const end = this.fields.valueEnd[index] as number;
    switch (kind) {
      case fieldKind.host:
        if (this.hostStart >= 0) return this.#no('more than one Host field');
        if (!isAuthority(buffer, start, end)) return this.#no('an invalid Host field');
        this.hostStart = start;
        this.hostEnd = end;
        return true;
      case fieldKind.contentLength:
        if (this.contentLength >= 0) return this.#no('more than one Content-Length');
        this.contentLength = readContentLength(buffer, start, end);
        return this.contentLength >= 0 || this.#no('an invalid Content-Length');
      case fieldKind.transferEncoding:
        if (this.chunked) return this.#no('more than one Transfer-Encoding');
        this.chunked = equalsIgnoringCase(buffer, start, end, 'chunked');
        return this.chunked || this.#no('a Transfer-Encoding other than chunked');
      case fieldKind.connection:
        return this.#readConnection(buffer, start, end) || this.#no('an invalid Connection field');
      case fieldKind.upgrade:
        this.webSocket = equalsIgnoringCase(buffer, start, end, 'websocket');
        return true;
      case fieldKind.expect:
        this.expectContinue = equalsIgnoringCase(buffer, start, end, '100-continue');
        return this.expectContinue || this.#no('an unknown expectation', 417);
      case fieldKind.requestId:
        // Two ids are no id: a new one is made.
        this.requestId = this.requestId === -1 ? index : -2;
        return true;
      default:
        return true;
    }
  }

  #readConnection(buffer: Uint8Array, start: number, end: number): boolean {
    return readConnectionOptions(buffer, start, end, (option) => {
      if (option === 'close') this.close = true;
      else if (option === 'keep-alive') this.keepAlive = true;
      else if (option === 'upgrade') this.#connectionUpgrade = true;
      else this.hopFields.push(option);
    });
  }

  #takeAuthority(buffer: Uint8Array): boolean {
    const start = this.#authorityStart;
    const end = this.#authorityEnd;
    if (!isAuthority(buffer, start, end)) return this.#no('an invalid request target');
    if (this.hostEnd > this.hostStart) {
      const host = Buffer.from(buffer.subarray(this.hostStart, this.hostEnd))
        .toString('latin1')
        .toLowerCase();
      if (!equalsIgnoringCase(buffer, start, end, host))
        return this.#no('a Host field that contradicts the target');
    }
    this.hostStart = start;
    this.hostEnd = end;
    return true;
  }

  #no(reason: string, status = 400): boolean {
    this.fields.refuse(status, reason);
    return false;
  }
}

function readMethod(buffer: Uint8Array, start: number, end: number): string | undefined {
  if (
    end - start === 3 &&
    buffer[start] === 0x47 &&
    buffer[start + 1] === 0x45 &&
    buffer[start + 2] === 0x54
  ) {
    return 'GET';
  }
  let text = '';
  for (let at = start; at < end; at += 1) text += String.fromCharCode(buffer[at] as number);
  return methods.get(text);
}

/** `host`, `host:port`, `[ipv6]` or `[ipv6]:port`; never empty. */
function isAuthority(buffer: Uint8Array, start: number, end: number): boolean {
  let at = start;
  if (buffer[at] === 0x5b && at < end) {
    at += 1;
    const inside = at;
    while (at < end && (isHostByte[buffer[at] as number] === 1 || buffer[at] === COLON)) at += 1;
    if (at >= end || at === inside || buffer[at] !== 0x5d) return false;
    at += 1;
  } else {
    while (at < end && isHostByte[buffer[at] as number] === 1) at += 1;
    if (at === start) return false;
  }
  if (at === end) return true;
  if (buffer[at] !== COLON || end - at > 6) return false;
  for (at += 1; at < end; at += 1) {
    const digit = (buffer[at] as number) - 0x30;
    if (digit < 0 || digit > 9) return false;
  }
  return true;
}
