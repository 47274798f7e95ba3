import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { variant } from './variant.js';
import { acceptWebSocket } from './web-socket.js';

/** A release that dies does so this long after its first visitor: late enough to pass every check before. */
const lifetimeMs = 1000;
const longestPauseMs = 60_000;

let stopping = false;
let dueToDie = false;
/** Requests in hand that change something. */
let changes = 0;
const liveSockets = new Set();

if (variant.fault === 'exits-at-once') {
  console.error('cannot read configuration: unexpected end of input');
  process.exit(1);
}

const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://pulse');
  if (url.pathname === '/health') {
    return send(response, variant.fault === 'never-healthy' ? 503 : 200, { version: variant.version });
  }
  if (url.pathname === '/self-check') {
    if (variant.fault === 'failing-check') return send(response, 500, { state: 'prices are missing' });
    return send(response, 200, { state: 'all well' });
  }
  firstVisit();
  if (url.pathname === '/echo') return echo(request, response, url.searchParams);
  if (url.pathname === '/slow') return slow(response, url.searchParams);
  return send(response, 404, { error: 'no such page' });
});

/** Tells what it received, so that the sender can see that the answer is to its own request. */
function echo(request, response, query) {
  const hash = createHash('sha256');
  let bytes = 0;
  const isChange = request.method === 'POST';
  if (isChange) changes += 1;
  request.on('data', (chunk) => {
    hash.update(chunk);
    bytes += chunk.length;
  });
  request.on('end', () => {
    send(response, 200, {
      nonce: query.get('nonce'),
      version: variant.version,
      bytes,
      sha256: hash.digest('hex'),
    });
  });
  response.on('close', () => {
    if (isChange) changes -= 1;
    if (dueToDie) die();
  });
}

function slow(response, query) {
  const pause = Math.min(longestPauseMs, Number(query.get('ms')));
  const timer = setTimeout(() => {
    send(response, 200, { nonce: query.get('nonce'), version: variant.version });
  }, pause);
  response.on('close', () => clearTimeout(timer));
}

function send(response, status, document) {
  const body = JSON.stringify(document);
  // The last answer on a connection says so: the proxy then sends nothing more on one that is about to close.
  if (stopping) response.setHeader('connection', 'close');
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

let visited = false;
function firstVisit() {
  if (visited) return;
  visited = true;
  if (variant.fault !== 'dies-in-watch') return;
  setTimeout(() => {
    dueToDie = true;
    die();
  }, lifetimeMs);
}

/**
 * Crashes without a word, everything else that it has in hand included, but between two requests that change
 * something: whether such a request was carried out nobody could know, so no proxy may send it again, and
 * losing it would be the application's doing.
 */
function die() {
  if (changes > 0) return;
  setImmediate(() => {
    if (changes === 0) process.exit(70);
  });
}

server.on('upgrade', (request, socket, head) => {
  firstVisit();
  const leave = acceptWebSocket(request, socket, head, (text) => `${variant.version} ${text}`);
  liveSockets.add(leave);
  socket.on('close', () => liveSockets.delete(leave));
});

// Longer than any proxy keeps an idle connection, so that it is the proxy which closes it.
server.keepAliveTimeout = 120_000;

process.on('SIGTERM', () => {
  stopping = true;
  for (const leave of liveSockets) leave(1001);
  server.close(() => process.exit(0));
});

setTimeout(() => {
  server.listen(Number(process.env.PORT), process.env.HOST ?? '127.0.0.1', () => {
    console.log(`pulse ${variant.version} listens on port ${server.address().port}`);
  });
}, variant.warmUpMs);
