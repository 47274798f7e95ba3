import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);
const home = path.resolve(import.meta.dirname, '../..');

/** Fetches what package.json asks for, when nobody has done so yet. */
export async function install() {
  if (existsSync(path.join(home, 'node_modules/ws'))) return;
  await run('npm', ['ci', '--omit=dev'], { cwd: home });
}

function environmentFor(folder, more = {}) {
  const { PATH } = process.env;
  return {
    PATH,
    DATABASE_FILE: path.join(folder, 'guestbook.db'),
    UPLOAD_DIR: path.join(folder, 'uploads'),
    PORT: '0',
    ...more,
  };
}

/** Runs one of the guestbook's scripts to its end: `{ code, output }`. */
export async function runScript(script, folder, { args = [], environment } = {}) {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: home,
    env: environmentFor(folder, environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'close');
  return { code, output };
}

/** A migrated guestbook that listens: `{ url, child, stop() }`. It is stopped with the test. */
export async function startServer(test, folder, environment = {}) {
  const { code, output } = await runScript('migrate.js', folder);
  if (code !== 0) throw new Error(output);
  const child = spawn(process.execPath, ['server.js'], {
    cwd: home,
    env: environmentFor(folder, environment),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    const [exitCode] = await ended;
    return exitCode;
  };
  test.after(stop);
  for await (const line of createInterface({ input: child.stdout })) {
    const address = /listens on (http:\S+)/.exec(line);
    if (address) {
      child.stdout.resume();
      return { url: address[1], child, stop };
    }
  }
  throw new Error('The server ended before it listened.');
}

/** A reader with a WebSocket: `next(type)` resolves with the next event of that type. */
export function openReader(test, url, { after, headers } = {}) {
  const address = new URL(after === undefined ? '/live' : `/live?after=${after}`, url);
  address.protocol = 'ws:';
  const socket = new WebSocket(address, { headers });
  const events = [];
  const waiting = [];
  socket.addEventListener('message', ({ data }) => {
    events.push(JSON.parse(data));
    for (const look of waiting.splice(0)) look();
  });
  const closed = new Promise((resolve) => socket.addEventListener('close', ({ code }) => resolve(code)));
  test.after(() => socket.close());
  const next = async (type) => {
    for (;;) {
      const at = events.findIndex((event) => event.type === type);
      if (at !== -1) return events.splice(at, 1)[0];
      await new Promise((resolve) => waiting.push(resolve));
    }
  };
  return { next, closed };
}

export async function postEntry(url, entry, headers = {}) {
  return fetch(new URL('/api/entries', url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(entry),
  });
}

export async function postForm(url, fields, picture) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  if (picture) form.set('picture', new Blob([picture]), 'whatever.bin');
  return fetch(new URL('/api/entries', url), { method: 'POST', body: form });
}
