import { equalsIgnoringCase, latin1, SP } from './bytes.ts';
import { fieldKind } from './field-names.ts';
import type { FieldSection } from './field-section.ts';
import type { RequestHead } from './request-head.ts';
import type { ResponseHead } from './response-head.ts';
import { framing } from './response-head.ts';

/** What the ingress tells applications about the client of a connection. */
export interface ClientIdentity {
  readonly address: string;
  readonly scheme: 'http' | 'https';
  /** The client is a proxy of the operator's: what it forwards is believed and added to. */
  readonly trusted: boolean;
}

/** Whether the line reads `name: value` with one space and nothing else around the value. */
function isCanonical(fields: FieldSection, buffer: Uint8Array, index: number): boolean {
  const valueStart = fields.valueStart[index] as number;
  return (
    valueStart === (fields.nameEnd[index] as number) + 2 &&
    buffer[valueStart - 1] === SP &&
    fields.lineEnd[index] === (fields.valueEnd[index] as number) + 2
  );
}

function isHopField(
  fields: FieldSection,
  buffer: Uint8Array,
  index: number,
  names: readonly string[],
): boolean {
  const start = fields.nameStart[index] as number;
  const end = fields.nameEnd[index] as number;
  return names.some((name) => equalsIgnoringCase(buffer, start, end, name));
}

/**
 * Copies the lines to pass on out of `text`, which begins at `base` of the buffer: runs of lines that need no
 * change as they stand, others written anew. `from` is where the first run begins.
 */
function copyFields(
  fields: FieldSection,
  buffer: Uint8Array,
  text: string,
  base: number,
  from: number,
  hopFields: readonly string[],
  alsoPass: number,
): string {
  let out = '';
  let runStart = from;
  for (let index = 0; index < fields.count; index += 1) {
    const kind = fields.kind[index];
    const passed =
      (kind === fieldKind.pass || kind === fieldKind.contentType || kind === alsoPass) &&
      (hopFields.length === 0 || kind === alsoPass || !isHopField(fields, buffer, index, hopFields));
    if (passed && isCanonical(fields, buffer, index)) continue;
    const lineStart = (fields.nameStart[index] as number) - base;
    if (lineStart > runStart) out += text.slice(runStart, lineStart);
    if (passed) {
      const name = text.slice(lineStart, (fields.nameEnd[index] as number) - base);
      const value = text.slice(
        (fields.valueStart[index] as number) - base,
        (fields.valueEnd[index] as number) - base,
      );
      out += `${name}: ${value}\r\n`;
    }
    runStart = (fields.lineEnd[index] as number) - base;
  }
  const last = text.length - 2;
  return runStart === 0 ? text.slice(0, last) : out + text.slice(runStart, last);
}

function fieldValue(fields: FieldSection, text: string, base: number, kind: number): string {
  let value = '';
  for (let index = 0; index < fields.count; index += 1) {
    if (fields.kind[index] !== kind) continue;
    const part = text.slice(
      (fields.valueStart[index] as number) - base,
      (fields.valueEnd[index] as number) - base,
    );
    value = value === '' ? part : `${value}, ${part}`;
  }
  return value;
}

function forwardedFields(head: RequestHead, text: string, client: ClientIdentity, host: string): string {
  let address = client.address;
  let scheme: string = client.scheme;
  let forwardedHost = host;
  if (client.trusted) {
    const before = fieldValue(head.fields, text, head.start, fieldKind.forwardedFor);
    if (before !== '') address = `${before}, ${address}`;
    const proto = fieldValue(head.fields, text, head.start, fieldKind.forwardedProto);
    if (proto === 'http' || proto === 'https') scheme = proto;
    forwardedHost = fieldValue(head.fields, text, head.start, fieldKind.forwardedHost) || host;
  }
  return `x-forwarded-for: ${address}\r\nx-forwarded-proto: ${scheme}\r\nx-forwarded-host: ${forwardedHost}\r\n`;
}

/**
 * The head that an upstream gets: HTTP/1.1, origin form, framing said once and by us, nothing that belonged
 * to the client's connection, and forwarded fields that the client cannot set. `host` is as the client wrote it.
 */
export function rewriteRequestHead(
  head: RequestHead,
  buffer: Buffer,
  client: ClientIdentity,
  host: string,
  requestId: string,
): string {
  const base = head.start;
  const text = latin1(buffer, base, head.end);
  let out = '';
  let from = 0;
  if (head.minor !== 1 || head.absolute) {
    out = `${head.method} ${text.slice(head.targetStart - base, head.targetEnd - base)} HTTP/1.1\r\n`;
    from = head.fields.count > 0 ? (head.fields.nameStart[0] as number) - base : text.length - 2;
  }
  const keepHost = head.absolute ? fieldKind.pass : fieldKind.host;
  out += copyFields(head.fields, buffer, text, base, from, head.hopFields, keepHost);
  if (head.absolute) out += `host: ${host}\r\n`;
  out += forwardedFields(head, text, client, host);
  if (head.chunked) out += 'transfer-encoding: chunked\r\n';
  else if (head.contentLength >= 0) out += `content-length: ${head.contentLength}\r\n`;
  if (head.expectContinue && head.minor === 1) out += 'expect: 100-continue\r\n';
  if (head.webSocket) out += 'connection: upgrade\r\nupgrade: websocket\r\n';
  return `${out}x-request-id: ${requestId}\r\n\r\n`;
}

export interface ResponseChanges {
  readonly requestId: string;
  /** What stands in `Connection`, if anything. */
  readonly connection: 'close' | 'keep-alive' | 'upgrade' | '';
  /** The body goes to the client in the chunked coding. */
  readonly chunked: boolean;
}

/** The head that a client gets for the response head at `buffer[start, end)`. */
export function rewriteResponseHead(
  head: ResponseHead,
  buffer: Buffer,
  start: number,
  end: number,
  changes: ResponseChanges,
): string {
  const text = latin1(buffer, start, end);
  let out = '';
  let from = 0;
  if (head.minor !== 1) {
    out = `HTTP/1.1 ${head.status} ${text.slice(head.reasonStart - start, head.reasonEnd - start)}\r\n`;
    from = head.reasonEnd - start + 2;
  }
  // The application's own id stands when it gives one.
  out += copyFields(head.fields, buffer, text, start, from, head.hopFields, fieldKind.requestId);
  if (changes.chunked) out += 'transfer-encoding: chunked\r\n';
  else if (
    head.contentLength >= 0 &&
    head.framing !== framing.close &&
    head.status >= 200 &&
    head.status !== 204
  ) {
    out += `content-length: ${head.contentLength}\r\n`;
  }
  if (changes.connection === 'upgrade') out += 'connection: upgrade\r\nupgrade: websocket\r\n';
  else if (changes.connection !== '') out += `connection: ${changes.connection}\r\n`;
  if (!head.hasRequestId && head.status >= 200) out += `x-request-id: ${changes.requestId}\r\n`;
  return `${out}\r\n`;
}
