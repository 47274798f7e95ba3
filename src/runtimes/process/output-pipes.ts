import { execFile } from 'node:child_process';
import { closeSync, constants, existsSync, openSync, readSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { OutputReader, OutputStream } from '../runtime.ts';

const streams = ['out', 'err'] as const satisfies readonly OutputStream[];

/**
 * A run writes into two named pipes. It holds them open for reading as well, so that while no agent reads,
 * nothing is lost up to the size of the kernel's buffer and no write ever meets a broken pipe.
 */
export async function makePipes(directory: string): Promise<void> {
  const paths = streams.map((stream) => join(directory, stream));
  try {
    await promisify(execFile)('mkfifo', ['-m', '600', ...paths]);
  } catch (error) {
    // The program tells only by words what went wrong; a file in the same place tells by code.
    await writeFile(join(directory, 'probe'), 'x');
    throw error;
  }
}

/** Descriptors for the new process, to be closed after the start. */
export function openForRun(directory: string): { readonly out: number; readonly err: number } {
  const out = openSync(join(directory, 'out'), constants.O_RDWR);
  try {
    return { out, err: openSync(join(directory, 'err'), constants.O_RDWR) };
  } catch (error) {
    closeSync(out);
    throw error;
  }
}

/** Keeps what is written before the first reader comes, even when the run ends until then. */
export function holdPipes(directory: string): () => void {
  const descriptors = streams.map((stream) => openUnblocked(join(directory, stream)));
  return () => {
    for (const descriptor of descriptors.splice(0)) closeSync(descriptor);
  };
}

/** Reads both pipes. Not blocking is a property of each opening, so this one is apart from the run's own. */
export function readPipes(
  directory: string,
  onData: (stream: OutputStream, data: Buffer) => void,
): OutputReader {
  const sockets = new Map<OutputStream, Socket>();
  // A run that was removed has nothing to read.
  for (const stream of existsSync(directory) ? streams : []) {
    const fd = openUnblocked(join(directory, stream));
    const socket = new Socket({ fd, readable: true, writable: false });
    socket.on('data', (data: Buffer) => onData(stream, data));
    // Reading ends with the run; an error of the pipe must not end the agent.
    socket.on('error', () => socket.destroy());
    socket.unref();
    sockets.set(stream, socket);
  }
  const close = (): void => {
    for (const socket of sockets.values()) socket.destroy();
  };
  return {
    close,
    finish() {
      for (const [stream, socket] of sockets) {
        if (socket.destroyed) continue;
        socket.pause();
        drainPipe(join(directory, stream), (data) => onData(stream, data));
      }
      close();
    },
  };
}

function openUnblocked(path: string): number {
  return openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
}

/** Reads what is buffered now, without waiting. */
function drainPipe(path: string, onData: (data: Buffer) => void): void {
  const descriptor = openUnblocked(path);
  try {
    for (;;) {
      const buffer = Buffer.allocUnsafe(65_536);
      const length = readSync(descriptor, buffer);
      if (length === 0) return;
      onData(buffer.subarray(0, length));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  } finally {
    closeSync(descriptor);
  }
}
