import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { variant } from './variant.js';

const { version, fault } = variant;
/** A release that goes wrong under its visitors does so this long after the first public check. */
const wellForMs = 60;

let isSpoilt = false;

if (fault === 'exits-at-once') {
  console.error('cannot read configuration: unexpected end of input');
  process.exit(1);
}
if (fault === 'forks') {
  spawn('sleep', ['1000'], { stdio: 'ignore' });
  spawn('sleep', ['1001'], { stdio: 'ignore', detached: true }).unref();
}

const pages = {
  '/': () => [isSpoilt ? 500 : 200, { version, pid: process.pid, greeting: process.env.GREETING ?? null }],
  '/health': () => [fault === 'never-healthy' ? 503 : 200, { version }],
  '/self-check': () => (fault === 'failing-private-check' ? [500, 'prices are missing'] : [200, 'all well']),
  '/visit': visit,
  '/variable': (query) => [200, { value: process.env[query.get('name')] ?? null }],
  '/print': (query) => print(process.env[query.get('name')] ?? ''),
  '/keep': (query) => {
    appendFileSync(join(process.env.FILES_DIR, 'kept'), `${query.get('text')}\n`);
    return [200, 'kept'];
  },
  '/kept': () => [200, readFileSync(join(process.env.FILES_DIR, 'kept'), 'utf8')],
};

function visit() {
  if (fault === 'failing-public-check') return [500, 'the shop window is broken'];
  if (fault === 'dies-in-watch') setTimeout(() => process.exit(70), wellForMs);
  if (fault === 'errors-in-watch') isSpoilt = true;
  return [200, 'welcome'];
}

/** As careless applications do: whole, in JSON, on the other stream, and in two pieces. */
function print(value) {
  console.log(`the value is ${value}`);
  console.error(JSON.stringify({ value }));
  const half = Math.ceil(value.length / 2);
  process.stdout.write(`in two pieces: ${value.slice(0, half)}`);
  setTimeout(() => process.stdout.write(`${value.slice(half)}\n`), 50);
  return [200, 'printed'];
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://tiny');
  request.resume();
  if (pathname === '/slow')
    return void setTimeout(() => send(response, 200, { version }), Number(searchParams.get('ms')));
  const page = pages[pathname];
  if (page === undefined) return send(response, 404, 'no such page');
  const [status, body] = page(searchParams);
  send(response, status, body);
});

function send(response, status, body) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type = typeof body === 'string' ? 'text/plain' : 'application/json';
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

process.on('SIGTERM', () => {
  if (fault === 'ignores-stop') return console.log('not now');
  server.close(() => process.exit(0));
});

if (fault === 'never-listens') setInterval(() => console.log('thinking'), 500);
else {
  const port = fault === 'wrong-port' ? 0 : Number(process.env.PORT);
  server.listen(port, process.env.HOST ?? '127.0.0.1', () => {
    console.log(`tiny ${version} listens on port ${server.address().port}`);
  });
}
