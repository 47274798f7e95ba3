import { CR, equalsIgnoringCase, isValue, LF, SP } from './bytes.ts';
import { fieldKind } from './field-names.ts';
import type { FieldLimits } from './field-section.ts';
import {
  FieldSection,
  incomplete,
  readConnectionOptions,
  readContentLength,
  refused,
} from './field-section.ts';

/** Applications set big cookies and policies, so their heads may be larger than those of requests. */
export const responseLimits: FieldLimits = { maxBytes: 64 * 1024, maxFields: 256 };

/** How the body of a message ends. */
export const framing = { none: 0, length: 1, chunked: 2, close: 3 } as const;
export type Framing = (typeof framing)[keyof typeof framing];

/** One response head, parsed as strictly as requests are. Reused; its offsets hold until the next `parse`. */
export class ResponseHead {
  readonly fields = new FieldSection('response', responseLimits);
  status = 0;
  minor = 1;
  reasonStart = 0;
  reasonEnd = 0;
  /** -1 when the response does not say. */
  contentLength = -1;
  chunked = false;
  /** How the body ends, given the method that was asked with. */
  framing: Framing = framing.none;
  close = false;
  upgradeWebSocket = false;
  eventStream = false;
  hasRequestId = false;
  /** Seconds from `Keep-Alive: timeout=N`, or -1. */
  keepAliveSeconds = -1;
  hopFields: string[] = [];
  #keepAlive = false;

  /** Index after the head, `incomplete`, or `refused` with the reason in `fields.refusal`. */
  parse(buffer: Uint8Array, start: number, end: number, isHeadRequest: boolean): number {
    this.#reset();
    const limit = Math.min(end, start + responseLimits.maxBytes);
    const fieldsStart = this.#parseLine(buffer, start, limit);
    const parsed = fieldsStart > 0 ? this.fields.parse(buffer, fieldsStart, limit) : fieldsStart;
    if (parsed === incomplete && end - start >= responseLimits.maxBytes) {
      return this.fields.refuse(502, `a head of more than ${responseLimits.maxBytes} bytes`);
    }
    if (parsed <= 0) return parsed;
    return this.#interpret(buffer, isHeadRequest) ? parsed : refused;
  }

  #reset(): void {
    this.contentLength = -1;
    this.chunked = false;
    this.close = false;
    this.upgradeWebSocket = false;
    this.eventStream = false;
    this.hasRequestId = false;
    this.keepAliveSeconds = -1;
    this.#keepAlive = false;
    if (this.hopFields.length > 0) this.hopFields = [];
  }

  #parseLine(buffer: Uint8Array, start: number, end: number): number {
    const expected = 'HTTP/1.';
    for (let index = 0; index < expected.length; index += 1) {
      if (start + index >= end) return incomplete;
      if (buffer[start + index] !== expected.charCodeAt(index))
        return this.fields.refuse(502, 'an invalid status line');
    }
    let at = start + expected.length;
    // Minor version, space, three digits, and space or carriage return.
    if (at + 5 >= end) return incomplete;
    this.minor = (buffer[at] as number) - 0x30;
    const status = readContentLength(buffer, at + 2, at + 5);
    if ((this.minor !== 0 && this.minor !== 1) || buffer[at + 1] !== SP || status < 100 || status > 999) {
      return this.fields.refuse(502, 'an invalid status line');
    }
    this.status = status;
    at += 5;
    if (buffer[at] === SP) at += 1;
    else if (buffer[at] !== CR) return this.fields.refuse(502, 'an invalid status line');
    this.reasonStart = at;
    while (at < end && isValue[buffer[at] as number] === 1) at += 1;
    if (at + 1 >= end) return incomplete;
    if (buffer[at] !== CR || buffer[at + 1] !== LF) return this.fields.refuse(502, 'an invalid status line');
    this.reasonEnd = at;
    return at + 2;
  }

  #interpret(buffer: Uint8Array, isHeadRequest: boolean): boolean {
    const { fields } = this;
    for (let index = 0; index < fields.count; index += 1) {
      const kind = fields.kind[index] as number;
      if (kind !== fieldKind.pass && !this.#interpretField(buffer, index, kind)) return false;
    }
    if (this.chunked && this.contentLength >= 0) return this.#no('both Content-Length and Transfer-Encoding');
    if (this.chunked && this.minor === 0) return this.#no('Transfer-Encoding in HTTP/1.0');
    // Interim answers have no body, whatever they say; parsers differ about those that say that they do.
    if (this.status < 200 && (this.chunked || this.contentLength >= 0))
      return this.#no('an interim answer with a body');
    if (this.minor === 0 && !this.#keepAlive) this.close = true;
    if (isHeadRequest || this.status < 200 || this.status === 204 || this.status === 304)
      this.framing = framing.none;
    else if (this.chunked) this.framing = framing.chunked;
    else if (this.contentLength >= 0) this.framing = framing.length;
    else this.framing = framing.close;
    return true;
  }

  #interpretField(buffer: Uint8Array, index: number, kind: number): boolean {
    const start = this.fields.valueStart[index] as number;
    const end = this.fields.valueEnd[index] as number;
    switch (kind) {
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
        this.upgradeWebSocket = equalsIgnoringCase(buffer, start, end, 'websocket');
        return true;
      case fieldKind.contentType:
        this.eventStream = equalsIgnoringCase(buffer, start, Math.min(end, start + 17), 'text/event-stream');
        return true;
      case fieldKind.keepAlive:
        this.keepAliveSeconds = readTimeout(buffer, start, end);
        return true;
      case fieldKind.requestId:
        this.hasRequestId = true;
        return true;
      default:
        return true;
    }
  }

  #readConnection(buffer: Uint8Array, start: number, end: number): boolean {
    if (equalsIgnoringCase(buffer, start, end, 'keep-alive')) {
      this.#keepAlive = true;
      return true;
    }
    return readConnectionOptions(buffer, start, end, (option) => {
      if (option === 'close') this.close = true;
      else if (option === 'keep-alive') this.#keepAlive = true;
      else if (option !== 'upgrade') this.hopFields.push(option);
    });
  }

  #no(reason: string): boolean {
    this.fields.refuse(502, reason);
    return false;
  }
}

/** `timeout=5, max=100` → 5; -1 when it does not say. */
function readTimeout(buffer: Uint8Array, start: number, end: number): number {
  const text = Buffer.from(buffer.subarray(start, end)).toString('latin1');
  const found = /(?:^|[\s,])timeout=(\d{1,6})(?:$|[\s,])/i.exec(text);
  return found?.[1] === undefined ? -1 : Number.parseInt(found[1], 10);
}
