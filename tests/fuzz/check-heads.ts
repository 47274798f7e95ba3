import assert from 'node:assert/strict';
import { ChunkedBody } from '../../src/ingress/embedded/chunked-body.ts';
import { RequestHead } from '../../src/ingress/embedded/request-head.ts';
import { framing, ResponseHead } from '../../src/ingress/embedded/response-head.ts';
import { rewriteRequestHead, rewriteResponseHead } from '../../src/ingress/embedded/rewrite-head.ts';
import type { NodeMessage } from './node-parser.ts';
import { readWithNode } from './node-parser.ts';
import { Random, randomRequests, randomResponse } from './random-heads.ts';

const client = { address: '192.0.2.1', scheme: 'http', trusted: false } as const;
const requestHead = new RequestHead();
const responseHead = new ResponseHead();

/** A message as the ingress understood it, and what it would send on. */
interface Passed {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly body: string;
  readonly complete: boolean;
  readonly absolute: boolean;
  readonly host: string;
  readonly upgrade: boolean;
  readonly sent: string;
  /** Where its bytes stand in the input. */
  readonly start: number;
  readonly end: number;
}

interface BodyRead {
  readonly body: string;
  readonly sent: string;
  readonly end: number;
  readonly complete: boolean;
  readonly failed: boolean;
}

function readBody(
  kind: 'request' | 'response',
  chunked: boolean,
  length: number,
  data: Buffer,
  start: number,
): BodyRead {
  if (!chunked) {
    const end = Math.min(data.length, start + length);
    const body = data.toString('latin1', start, end);
    return { body, sent: body, end, complete: end - start === length, failed: false };
  }
  let body = '';
  let sent = '';
  const decoder = new ChunkedBody(kind, true);
  const end = decoder.scan(data, start, data.length, (bytes, from, to) => {
    body += bytes.toString('latin1', from, to);
  });
  const relay = new ChunkedBody(kind, false);
  relay.scan(data, start, data.length, (bytes, from, to) => {
    sent += bytes.toString('latin1', from, to);
  });
  assert.equal(relay.done, decoder.done);
  return { body, sent, end, complete: decoder.done, failed: decoder.failure !== undefined };
}

/** Everything that the ingress would pass on of these bytes. */
function passRequests(data: Buffer): { readonly passed: Passed[]; readonly heads: number } {
  const passed: Passed[] = [];
  let at = 0;
  let heads = 0;
  while (at < data.length) {
    heads += 1;
    const next = requestHead.parse(data, at, data.length);
    if (next <= 0) break;
    const host = data.toString('latin1', requestHead.hostStart, requestHead.hostEnd);
    const { method, absolute, webSocket, close, minor, keepAlive, chunked, contentLength } = requestHead;
    const url = data.toString('latin1', requestHead.targetStart, requestHead.targetEnd);
    const head = rewriteRequestHead(requestHead, data, client, host, 'id');
    const read = readBody('request', chunked, Math.max(contentLength, 0), data, next);
    passed.push({
      method,
      url,
      status: 0,
      body: read.body,
      complete: read.complete,
      absolute,
      host,
      upgrade: webSocket,
      sent: head + read.sent,
      start: at,
      end: read.end,
    });
    at = read.end;
    if (read.failed || !read.complete || webSocket || close || (minor === 0 && !keepAlive)) break;
  }
  return { passed, heads };
}

/** Fails with the input that shows it. */
function must(holds: boolean, what: string, data: Buffer, detail: unknown): void {
  if (!holds) assert.fail(explain(data, what, detail));
}

function explain(data: Buffer, what: string, detail: unknown): string {
  return `${what}\ninput: ${JSON.stringify(data.toString('latin1'))}\n${JSON.stringify(detail, null, 1)}`;
}

/** What we passed on, Node must have read in the same way, and to the very same byte. */
function checkAgainstInput(data: Buffer, passed: readonly Passed[]): void {
  for (const own of passed) {
    const node = readWithNode('request', data.subarray(own.start, own.end));
    const [theirs] = node.messages;
    if (theirs === undefined) assert.fail(explain(data, 'Node refuses a message that is passed on', own));
    must(theirs.method === own.method, 'another method', data, own);
    if (!own.absolute) must(theirs.url === own.url, 'another target', data, own);
    // Node stops at any upgrade that is asked for; the ingress passes on those to WebSockets alone.
    if (theirs.upgrade) continue;
    checkBody(data, own, theirs, node.failed);
    if (!own.complete) continue;
    must(node.failed === false, 'Node refuses a part of what is passed on', data, own);
    const [shorter] = readWithNode('request', data.subarray(own.start, own.end - 1)).messages;
    must(shorter?.complete !== true, 'Node sees an earlier end', data, own);
  }
}

function checkBody(data: Buffer, own: Passed, theirs: NodeMessage, failedHere: boolean): void {
  if (own.complete) {
    must(theirs.complete === true, 'Node does not see the end of the body', data, own);
    must(theirs.body === own.body, 'another body', data, own);
  } else if (!failedHere) {
    must(theirs.complete === false, 'Node sees an end of the body where there is none', data, own);
  }
}

const ownFields = new Set(['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-request-id']);
const goneFields =
  /^(?:keep-alive|proxy-connection|te|trailer|forwarded|x-real-ip|proxy|x-forwarded-port|http2-settings)$/;
/** To applications behind CGI-like interfaces `_` and `-` are the same. */
const neverWithUnderscore =
  /^(?:content-length|transfer-encoding|host|connection|expect|upgrade|x-request-id|x-forwarded-.*|forwarded|x-real-ip)$/;

/** What an application gets must read as exactly the messages that were meant, and say nothing that it must not. */
function checkWhatIsSent(data: Buffer, passed: readonly Passed[]): void {
  for (const own of passed) {
    const node = readWithNode('request', Buffer.from(own.sent, 'latin1'));
    must(node.messages.length === 1, 'what is sent is not one message', data, own);
    const [theirs] = node.messages;
    assert.ok(theirs);
    if (own.complete) must(node.failed === false, 'Node refuses what is sent', data, own);
    assert.equal(theirs.method, own.method);
    must(theirs.url === own.url, 'another target is sent', data, own);
    must(theirs.upgrade === own.upgrade, 'an upgrade is sent that was not meant', data, own);
    checkBody(data, own, theirs, true);
    if (own.complete && !own.upgrade) must(theirs.body === own.body, 'another body is sent', data, own);
    const seen = new Map<string, number>();
    for (let index = 0; index < theirs.fields.length; index += 2) {
      const name = (theirs.fields[index] ?? '').toLowerCase();
      seen.set(name, (seen.get(name) ?? 0) + 1);
      must(!goneFields.test(name), `${name} is sent`, data, own);
      if (name.includes('_'))
        must(!neverWithUnderscore.test(name.replaceAll('_', '-')), `${name} is sent`, data, own);
      if (name === 'host') assert.equal(theirs.fields[index + 1], own.host);
    }
    for (const name of ownFields) must(seen.get(name) === 1, `${name} is not sent once`, data, own);
    assert.ok(
      (seen.get('host') ?? 0) <= 1 &&
        (seen.get('content-length') ?? 0) + (seen.get('transfer-encoding') ?? 0) <= 1,
    );
  }
}

/**
 * Tries at least `wanted` heads of random requests: nothing may be passed on that Node's strict parser refuses or
 * frames otherwise. Throws with the input that shows the contrary.
 */
export function checkRandomRequests(wanted: number, seed: number): void {
  const random = new Random(seed);
  let heads = 0;
  let accepted = 0;
  while (heads < wanted) {
    const data = randomRequests(random);
    const result = passRequests(data);
    heads += result.heads;
    accepted += result.passed.length;
    checkAgainstInput(data, result.passed);
    checkWhatIsSent(data, result.passed);
  }
  // A generator that only makes nonsense would prove nothing, nor one that makes none.
  assert.ok(accepted > heads * 0.3 && accepted < heads * 0.9, `${accepted} of ${heads} were passed on`);
}

/** The same for the heads of `wanted` random responses. */
export function checkRandomResponses(wanted: number, seed: number): void {
  const random = new Random(seed);
  let accepted = 0;
  for (let index = 0; index < wanted; index += 1) {
    const data = randomResponse(random);
    const next = responseHead.parse(data, 0, data.length, false);
    if (next <= 0) continue;
    accepted += 1;
    checkResponse(data, next);
  }
  assert.ok(accepted > wanted * 0.3 && accepted < wanted * 0.9, `${accepted} of ${wanted} were passed on`);
}

function checkResponse(data: Buffer, headEnd: number): void {
  const { status, framing: ends, contentLength } = responseHead;
  const toEnd = ends === framing.close;
  const sentHead = rewriteResponseHead(responseHead, data, 0, headEnd, {
    requestId: 'id',
    connection: '',
    chunked: ends === framing.chunked,
  });
  const length = ends === framing.length ? contentLength : toEnd ? data.length : 0;
  const read = readBody('response', ends === framing.chunked, length, data, headEnd);
  const detail = { status, ends, contentLength, sentHead };
  for (const bytes of [data, Buffer.from(sentHead + read.sent, 'latin1')]) {
    const [theirs] = readWithNode('response', bytes).messages;
    if (theirs === undefined) assert.fail(explain(data, 'Node refuses a response that is passed on', detail));
    assert.equal(theirs.status, status);
    // What an upgrade that nobody asked for means is decided elsewhere.
    if (theirs.upgrade || status === 101) return;
    if (toEnd) must(theirs.complete === false, 'Node sees an end', data, detail);
    else if (read.complete) must(theirs.complete === true, 'Node sees no end', data, detail);
    if (toEnd || read.complete) must(theirs.body === read.body, 'another body', data, detail);
  }
}
