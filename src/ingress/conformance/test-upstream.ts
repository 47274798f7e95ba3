import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { createServer as createRawServer } from 'node:net';

/** A server on a free port of loopback that ends with the test. */
export interface TestUpstream extends AsyncDisposable {
  readonly port: number;
  /** Stops listening and cuts every connection. */
  stop(): Promise<void>;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** An application over Node's HTTP server; it accepts WebSockets and echoes their bytes, frames unseen. */
export async function startApplication(handler: Handler, port = 0): Promise<TestUpstream> {
  const server = createServer({ keepAliveTimeout: 60_000 }, handler);
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const key = request.headers['sec-websocket-key'] ?? '';
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    if (head.length > 0) socket.write(head);
    socket.on('error', () => socket.destroy());
    socket.pipe(socket);
  });
  return await listen(server, port);
}

/** A server that is handed its connections as they are; with `unread`, before a byte of them was read. */
export async function startRawUpstream(
  handler: (socket: Socket) => void,
  port = 0,
  unread = false,
): Promise<TestUpstream> {
  return await listen(
    createRawServer({ noDelay: true, pauseOnConnect: unread }, (socket) => {
      socket.on('error', () => socket.destroy());
      handler(socket);
    }),
    port,
  );
}

async function listen(
  server: Server | ReturnType<typeof createRawServer>,
  port: number,
): Promise<TestUpstream> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { port: (server.address() as { port: number }).port, stop, [Symbol.asyncDispose]: stop };
}
