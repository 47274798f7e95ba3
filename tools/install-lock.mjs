import { createHash } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Takes the lock of this checkout's installation, waiting while another process has it; `onWait` is then
 * called once. Returns the function that gives the lock back.
 *
 * The lock is a listening socket in Linux's abstract namespace: the kernel frees it with its owner, however
 * that ends, so there is no stale lock. Other systems have no such sockets and go without a lock.
 */
export async function acquireInstallLock(root, onWait) {
  if (process.platform !== 'linux') return () => {};
  const name = createHash('sha256').update(`${process.getuid()} ${root}`).digest('hex').slice(0, 32);
  const path = `\0mainstay-install-${name}`;
  for (let waited = false; ; waited = true) {
    const server = await tryListen(path);
    if (server !== undefined) return server;
    if (!waited) onWait();
    await ownerGone(path);
  }
}

/** Resolves to the function that frees the socket, or to undefined when another process holds it. */
function tryListen(path) {
  return new Promise((resolve, reject) => {
    const waiting = new Set();
    const server = createServer((socket) => {
      waiting.add(socket);
      socket.on('error', () => {}).on('close', () => waiting.delete(socket));
    });
    server.on('error', (error) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
    server.listen(path, () =>
      resolve(() => {
        server.close();
        for (const socket of waiting) socket.destroy();
      }),
    );
  });
}

/** Resolves when the owner closes the connection or has ended. */
async function ownerGone(path) {
  await new Promise((resolve) => {
    connect(path)
      .on('error', () => {})
      .on('close', resolve)
      .resume();
  });
  await sleep(20);
}
