import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { identifyProcess, isAlive } from '../../system/process-identity.ts';
import { RawClient, rawExchange } from '../conformance/raw-client.ts';
import { testRoute } from '../conformance/test-route.ts';
import { startApplication } from '../conformance/test-upstream.ts';
import { TestIngress } from './test-ingress.ts';

const get = 'GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n';

async function gone(pid: number): Promise<void> {
  while (identifyProcess(pid) !== undefined) await sleep(10);
}

test('connections that come while the ingress is dead wait and are answered by the next one', async () => {
  await using under = await TestIngress.start();
  await using application = await startApplication((_request, response) => response.end('hello'));
  await under.routes(testRoute([application.port]));
  assert.match(await rawExchange(under.http.port, get), /hello$/);
  const dead = under.pid;
  under.kill('SIGKILL');
  await gone(dead);
  const waiting = Array.from({ length: 200 }, () => rawExchange(under.http.port, get));
  await sleep(100);
  await under.launch();
  assert.notEqual(under.pid, dead);
  for (const answer of await Promise.all(waiting)) assert.match(answer, /^HTTP\/1\.1 200 [^]*hello$/);
});

test('an ingress killed again and again under load loses only what it had in hand', async () => {
  await using under = await TestIngress.start();
  await using application = await startApplication((_request, response) => response.end('hello'));
  await under.routes(testRoute([application.port]));
  let lost = 0;
  let answered = 0;
  let refused = 0;
  let running = true;
  const load = async (): Promise<void> => {
    while (running) {
      try {
        const answer = await rawExchange(under.http.port, get);
        if (answer.endsWith('hello')) answered += 1;
        else lost += 1;
      } catch {
        refused += 1;
      }
    }
  };
  const clients = Array.from({ length: 8 }, load);
  const kills = 3;
  for (let count = 0; count < kills; count += 1) {
    await sleep(100);
    const { pid } = under;
    under.kill('SIGKILL');
    await gone(pid);
    await under.launch();
  }
  await sleep(100);
  running = false;
  await Promise.all(clients);
  assert.equal(refused, 0);
  assert.ok(lost <= kills * clients.length, `${lost} lost`);
  assert.ok(answered > 0);
});

test('the admin socket can be opened by this user alone', async () => {
  await using under = await TestIngress.start();
  assert.equal((await stat(join(under.directory, 'admin.sock'))).mode & 0o777, 0o600);
});

test('a damaged routes file does not keep the ingress from starting', async () => {
  await using under = await TestIngress.start();
  const { pid } = under;
  under.kill('SIGKILL');
  await gone(pid);
  await writeFile(join(under.directory, 'routes.json'), '{"generation":');
  await under.launch();
  assert.match(await rawExchange(under.http.port, get), /^HTTP\/1\.1 404 /);
  assert.match(await readFile(join(under.directory, 'ingress.log'), 'utf8'), /the file is damaged/);
});

test('an ingress that is told to stop finishes what it has while its successor serves', async () => {
  await using under = await TestIngress.start();
  const waiting: ServerResponse[] = [];
  await using application = await startApplication((request, response) => {
    if (request.headers['x-slow'] === undefined) response.end('quick');
    else waiting.push(response);
  });
  await under.routes(testRoute([application.port]));
  using client = await RawClient.connect(under.http.port);
  client.send('GET / HTTP/1.1\r\nHost: app.test\r\nX-Slow: 1\r\n\r\n');
  while (waiting.length === 0) await sleep(5);
  const { pid } = under;
  under.kill('SIGTERM');
  await under.launch();
  assert.match(await rawExchange(under.http.port, get), /quick$/);
  waiting[0]?.end('slow');
  assert.match(await client.untilEnd(), /connection: close[^]*slow$/);
  client.socket.destroy();
  await gone(pid);
});

const agent = fileURLToPath(new URL('test-agent-main.ts', import.meta.url));

test('an agent that dies is brought back with the sockets, and one that stopped on purpose is not', async () => {
  await using under = await TestIngress.start({
    guardian: (directory) => ({
      identityFile: join(directory, 'agent.json'),
      argv: [process.execPath, agent, directory],
      logFile: join(directory, 'agent.log'),
    }),
  });
  const identityFile = join(under.directory, 'agent.json');
  // No identity: the agent is not there on purpose.
  await sleep(2500);
  await assert.rejects(readFile(identityFile));
  const first = spawn(process.execPath, [agent, under.directory], { stdio: 'ignore' });
  const identity = async () =>
    JSON.parse(await readFile(identityFile, 'utf8')) as { pid: number; startedAt: string };
  while (!(await identity().then(isAlive, () => false))) await sleep(20);
  first.kill('SIGKILL');
  await once(first, 'exit');
  let second = await identity();
  while (second.pid === first.pid || !isAlive(second)) {
    await sleep(50);
    second = await identity();
  }
  try {
    // The new agent reports the port of the socket that it was handed as file 3.
    const report = join(under.directory, `agent-${second.pid}.txt`);
    let text = '';
    while (text === '') text = await readFile(report, 'utf8').catch(() => sleep(20).then(() => ''));
    assert.equal(text, `3,4 ${under.http.port} ${under.https.port}\n`);
  } finally {
    process.kill(second.pid, 'SIGKILL');
  }
  await under.ingress.spawnAgent(under.signal);
  let third = await identity();
  while (third.pid === second.pid || !isAlive(third)) {
    await sleep(50);
    third = await identity();
  }
  process.kill(third.pid, 'SIGKILL');
});
