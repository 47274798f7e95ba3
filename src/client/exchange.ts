import { connect, type Socket } from 'node:net';
import { Failure } from '../core/failure.ts';
import { type ResponseHead, ResponseReader } from './response-reader.ts';

export interface ExchangeRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Text is sent as JSON; a stream goes out in chunks while the answer already comes in. */
  readonly body?: string | AsyncIterable<Uint8Array>;
  /** Longest silence until the head of the answer, in milliseconds; 0 waits for ever. */
  readonly timeoutMs: number;
}

export interface Exchange extends AsyncDisposable {
  readonly head: ResponseHead;
  /** To be read once. */
  readonly body: AsyncIterable<Buffer>;
}

/**
 * One request over a new connection to a unix socket. Throws `control-unreachable` (with `details.reason`
 * `not-running` where nobody listens), `permission-denied`, `timeout`, or the reason of the signal.
 */
export async function openExchange(
  socketPath: string,
  request: ExchangeRequest,
  signal: AbortSignal,
): Promise<Exchange> {
  signal.throwIfAborted();
  const socket = connect({ path: socketPath });
  // Whoever waits for the socket or reads it gets its errors; one after the last read concerns nobody.
  socket.on('error', () => undefined);
  const abort = (): void => void socket.destroy(asError(signal.reason));
  signal.addEventListener('abort', abort, { once: true });
  const close = async (): Promise<void> => {
    signal.removeEventListener('abort', abort);
    socket.destroy();
  };
  if (request.timeoutMs > 0) socket.setTimeout(request.timeoutMs, () => socket.destroy(noAnswer(request)));
  try {
    await connected(socket, socketPath, signal);
    const reader = new ResponseReader(readSocket(socket, signal));
    const sent = sendRequest(socket, request);
    // A server may answer, and end, before it has read the whole body; its answer says why.
    sent.catch(() => undefined);
    const head = await reader.head();
    socket.setTimeout(0);
    return { head, body: reader.body(head), [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

function connected(socket: Socket, path: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', (error) => {
      reject(signal.aborted || error instanceof Failure ? error : connectFailure(path, error));
    });
  });
}

async function* readSocket(socket: Socket, signal: AbortSignal): AsyncGenerator<Buffer, void> {
  try {
    for await (const chunk of socket) yield chunk as Buffer;
  } catch (error) {
    if (signal.aborted) throw asError(signal.reason);
    throw error instanceof Failure ? error : lost(error);
  }
}

async function sendRequest(socket: Socket, { method, target, body }: ExchangeRequest): Promise<void> {
  const lines = [`${method} ${target} HTTP/1.1`, 'Host: mainstay', 'Connection: close'];
  if (typeof body === 'string') {
    lines.push('Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`);
  } else if (body !== undefined) {
    lines.push('Content-Type: application/octet-stream', 'Transfer-Encoding: chunked');
  }
  socket.write(`${lines.join('\r\n')}\r\n\r\n${typeof body === 'string' ? body : ''}`);
  if (body === undefined || typeof body === 'string') return;
  for await (const chunk of body) {
    if (chunk.length === 0) continue;
    socket.write(`${chunk.length.toString(16)}\r\n`);
    socket.write(chunk);
    if (!socket.write('\r\n')) await drained(socket);
    if (socket.destroyed) return;
  }
  socket.write('0\r\n\r\n');
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      socket.off('drain', go);
      socket.off('close', go);
      resolve();
    };
    socket.on('drain', go);
    socket.on('close', go);
  });
}

function connectFailure(path: string, error: NodeJS.ErrnoException): Failure {
  if (error.code === 'EACCES' || error.code === 'EPERM') {
    return new Failure(
      'permission-denied',
      `Cannot reach the control plane: ${path} belongs to another user.`,
      {
        hint: 'Run the command as the user who runs Mainstay, or set MAINSTAY_HOME to a home of your own.',
        cause: error,
      },
    );
  }
  const notRunning = error.code === 'ENOENT' || error.code === 'ECONNREFUSED';
  return new Failure(
    'control-unreachable',
    notRunning
      ? `The control plane is not running: nobody answers on ${path}.`
      : `Cannot reach the control plane on ${path}: ${error.message}.`,
    {
      hint: 'Start it with: mainstay serve',
      retryable: true,
      details: { reason: notRunning ? 'not-running' : 'unreachable' },
      cause: error,
    },
  );
}

function lost(error: unknown): Failure {
  return new Failure('control-unreachable', 'The connection to the control plane broke.', {
    retryable: true,
    details: { reason: 'cut-off' },
    cause: error,
  });
}

function noAnswer({ method, target, timeoutMs }: ExchangeRequest): Failure {
  const path = target.split('?')[0];
  return new Failure(
    'timeout',
    `The control plane did not answer ${method} ${path} within ${timeoutMs / 1000} s.`,
    {
      hint: 'Its log says what it is doing: mainstay doctor shows where that lies.',
      retryable: true,
    },
  );
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
