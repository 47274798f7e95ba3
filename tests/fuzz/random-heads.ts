/** A small generator of numbers (mulberry32): one seed, one sequence, on every machine. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to but not including 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }
}

const methods = [
  'GET',
  'POST',
  'PUT',
  'HEAD',
  'OPTIONS',
  'DELETE',
  'PATCH',
  'PURGE',
  'M-SEARCH',
  'QUERY',
  'SOURCE',
  'PROPFIND',
];
const oddMethods = [
  'get',
  'CONNECT',
  'TRACE',
  'PRI',
  'GETT',
  'G ET',
  '',
  'GET\t',
  'POST\0',
  'ANNOUNCE',
  'FLUSH',
];
const targets = ['/', '/a/b?c=d', '/%00', '/a"<>\\^`{|}', '//x', '/?', '/a;b', "/!$&'()*+,=:@", '/~x', '*'];
const oddTargets = [
  '',
  'a',
  '/a b',
  '/a#b',
  '/\xe9',
  '/\x7f',
  '/\t',
  'http://a/',
  'http://a',
  'https://a:1/x?y',
  'http://b/',
  '/\0',
  '//',
];
const versions = ['HTTP/1.1', 'HTTP/1.0'];
const oddVersions = [
  'HTTP/1.2',
  'HTTP/2.0',
  'HTTP/0.9',
  'http/1.1',
  'HTTP/1.1 ',
  'HTTP/1.',
  'HTTP/1.10',
  'ICE/1.0',
  'RTSP/1.0',
  '',
  'HTTP/1,1',
];

const framingLines = [
  'Content-Length: 5',
  'Content-Length: 0',
  'Content-Length: 05',
  'content-length:5',
  'Content-Length:\t5 ',
  'Transfer-Encoding: chunked',
  'transfer-encoding:Chunked',
];
const oddFramingLines = [
  'Content-Length: 5, 5',
  'Content-Length: +5',
  'Content-Length: 5 5',
  'Content-Length: 0x5',
  'Content-Length:',
  'Content-Length : 5',
  'Content_Length: 5',
  'Content-Length: 99999999999999999999',
  'Content-Length: 18446744073709551615',
  'Content-Length: 999999999999999',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: chunked, gzip',
  'Transfer-Encoding: identity',
  'Transfer-Encoding:',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding: chunked ',
  'Transfer-Encoding: \x0bchunked',
  'Transfer-Encoding: "chunked"',
  'Transfer-Encoding : chunked',
  'Transfer_Encoding: chunked',
  'Transfer-Encoding: chunked;q=1',
  'Transfer-Encoding: ,chunked',
  'Transfer-Encoding:\r\n chunked',
  'TE: trailers',
];
const plainLines = [
  'Accept: */*',
  'X: y',
  'X-Forwarded-For: 6.6.6.6',
  'X_Forwarded_For: 6.6.6.6',
  'X-Forwarded-Port: 1',
  'Forwarded: for=6.6.6.6',
  'X-Real-Ip: 6.6.6.6',
  'Cookie: a=b; c=d',
  'X-Empty:',
  'X-Latin: \xe9\xff',
  'X-Tab:\ta\tb\t',
  'Connection: keep-alive',
  'Connection: close',
  'Connection: upgrade',
  'Connection: keep-alive, Upgrade',
  'Connection: X, Y',
  'Connection: close, keep-alive',
  'Connection:',
  'Connection: ,,close',
  'Upgrade: websocket',
  'Upgrade: h2c',
  'Expect: 100-continue',
  'X-Request-Id: abc',
  'Keep-Alive: timeout=5',
  'Proxy-Connection: close',
  'Trailer: X',
  'Set-Cookie: a=b',
];
const oddLines = [
  ' folded',
  '\tfolded',
  'X : y',
  'X\t: y',
  ': y',
  'no colon',
  'X: a\0b',
  'X: a\x01b',
  'X: a\x7fb',
  'X: a\rb',
  'X: a\nb',
  'X(y): z',
  'X\xe9: y',
  'X\0: y',
  'Expect: 200-ok',
  'Host: b',
  'Host:',
  'Connection: a b',
  'Connection: @',
  '',
];
const hosts = ['Host: a', 'host: a:80', 'HOST:a', 'Host: [::1]:8080', 'Host: a.b-c_d'];
const oddHosts = [
  'Host: a b',
  'Host: a/b',
  'Host: u@a',
  'Host: a,b',
  'Host: [::1',
  'Host: a:b',
  'Host: a:123456',
  'Host: \xe9',
];
const reasons = ['OK', '', 'Not Found', 'caf\xe9', 'a\tb'];
const oddReasons = ['O\0K', 'O\rK', '\x7f'];
const statuses = ['200', '204', '304', '404', '500', '100', '103', '301'];
const oddStatuses = ['20', '2000', '099', 'abc', '-20', '101', '999', '600'];
const bodies = [
  'hello',
  '5\r\nhello\r\n0\r\n\r\n',
  '0\r\n\r\n',
  'A\r\n0123456789\r\n0\r\nX: y\r\n\r\n',
  '',
  '1\r\na\r\n1\r\nb\r\n0\r\n\r\n',
];
const oddBodies = [
  '5;a=b\r\nhello\r\n0\r\n\r\n',
  '5 \r\nhello\r\n0\r\n\r\n',
  '5\nhello\r\n0\r\n\r\n',
  '5\r\nhello!\r\n0\r\n\r\n',
  '5\r\nhello\n0\r\n\r\n',
  '5\r\rhello\r\n0\r\n\r\n',
  '5\rXhello\r\n0\r\n\r\n',
  '5\r\nhello\rX0\r\n\r\n',
  '0\rX\r\n',
  '0x5\r\nhello\r\n0\r\n\r\n',
  '0\r\n\n',
  '0\r\nContent-Length: 5\r\n\r\n',
  '0\r\nX : y\r\n\r\n',
  '0\r\n folded\r\n\r\n',
  'ffffffffffffffff\r\n',
  '00000000000000000005\r\nhello\r\n0\r\n\r\n',
  '-5\r\nhello\r\n0\r\n\r\n',
];
const lineEnds = ['\r\n', '\r\n', '\r\n', '\n', '\r', '\r\r\n', '\r\n ', ' \r\n'];
const nastyBytes = [
  '\0',
  '\t',
  '\n',
  '\r',
  ' ',
  ':',
  ',',
  ';',
  '"',
  '\x0b',
  '\x0c',
  '\x7f',
  '\x80',
  '\xff',
  '0',
  '5',
  '#',
  '\r\n',
  '\r\n\r\n',
  '_',
];

/** One odd piece in this many; most messages hold none or one, so that each oddity is tried alone. */
const oddity = 0.04;

function choose(random: Random, usual: readonly string[], odd: readonly string[]): string {
  return random.pick(random.chance(oddity) ? odd : usual);
}

function fieldLines(random: Random): string[] {
  const lines: string[] = [];
  const count = random.below(random.chance(0.02) ? 110 : 6);
  for (let index = 0; index < count; index += 1) lines.push(choose(random, plainLines, oddLines));
  if (random.chance(0.5)) lines.push(choose(random, framingLines, oddFramingLines));
  if (random.chance(0.04)) lines.push(random.pick(framingLines));
  return lines;
}

function shuffle(random: Random, lines: string[]): string[] {
  for (let index = lines.length - 1; index > 0; index -= 1) {
    const other = random.below(index + 1);
    [lines[index], lines[other]] = [lines[other] as string, lines[index] as string];
  }
  return lines;
}

function message(random: Random, first: string, lines: readonly string[]): string {
  let text = random.chance(oddity) ? random.pick(['\r\n', '\n', ' ', '\r\n\r\n']) : '';
  for (const line of [first, ...lines, ''])
    text += line + (random.chance(oddity / 4) ? random.pick(lineEnds) : '\r\n');
  text += random.chance(0.6) ? choose(random, bodies, oddBodies) : '';
  return random.chance(0.15) ? mutate(random, text) : text;
}

function mutate(random: Random, text: string): string {
  let changed = text;
  for (let count = 1 + random.below(3); count > 0; count -= 1) {
    const at = random.below(changed.length + 1);
    const end = Math.min(changed.length, at + random.below(4));
    const added = random.chance(0.3) ? String.fromCharCode(random.below(256)) : random.pick(nastyBytes);
    changed = changed.slice(0, at) + (random.chance(0.25) ? '' : added) + changed.slice(end);
  }
  return changed;
}

/** Bytes of one to three requests, mostly sound and sometimes not. */
export function randomRequests(random: Random): Buffer {
  let text = '';
  for (let count = 1 + random.below(3); count > 0; count -= 1) {
    const line = `${choose(random, methods, oddMethods)} ${choose(random, targets, oddTargets)} ${choose(random, versions, oddVersions)}`;
    const lines = fieldLines(random);
    if (!random.chance(oddity)) lines.push(choose(random, hosts, oddHosts));
    text += message(random, line, shuffle(random, lines));
  }
  return Buffer.from(text, 'latin1');
}

/** Bytes of one response. */
export function randomResponse(random: Random): Buffer {
  const line = `${choose(random, versions, oddVersions)} ${choose(random, statuses, oddStatuses)} ${choose(random, reasons, oddReasons)}`;
  return Buffer.from(message(random, line, shuffle(random, fieldLines(random))), 'latin1');
}
