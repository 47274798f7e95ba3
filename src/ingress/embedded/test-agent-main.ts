import { rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifyProcess } from '../../system/process-identity.ts';

/** Stands in for an agent: writes who it is and which sockets it was given, and ends by itself after a while. */
const directory = process.argv[2] ?? '';
const fds = process.env['MAINSTAY_LISTEN_FDS'];

async function portOf(fd: number): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ fd }, resolve));
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

const ports = fds === undefined ? [] : await Promise.all(fds.split(',').map((fd) => portOf(Number(fd))));
const report = join(directory, `agent-${process.pid}.txt`);
await writeFile(`${report}.tmp`, `${fds ?? ''} ${ports.join(' ')}\n`);
await rename(`${report}.tmp`, report);
const identity = join(directory, 'agent.json');
await writeFile(`${identity}.tmp`, JSON.stringify(identifyProcess(process.pid)));
await rename(`${identity}.tmp`, identity);
await sleep(30_000);
