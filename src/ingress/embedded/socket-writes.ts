import type { Socket } from 'node:net';
import { latin1 } from './bytes.ts';

/** Below this a string is cheaper than a buffer: the kernel usually takes it in the same call, uncopied. */
const textLimit = 8 * 1024;

/** Writes bytes that hold during the call only; false when the socket's buffer is full. */
export function writeCopy(socket: Socket, buffer: Buffer, start: number, end: number): boolean {
  if (end - start <= textLimit) return socket.write(latin1(buffer, start, end), 'latin1');
  return socket.write(Buffer.from(buffer.subarray(start, end)));
}

/** Writes a head and bytes that hold during the call only, with one system call where it can. */
export function writeWithHead(
  socket: Socket,
  head: string,
  buffer: Buffer,
  start: number,
  end: number,
): boolean {
  if (end === start) return socket.write(head, 'latin1');
  if (end - start <= textLimit) return socket.write(head + latin1(buffer, start, end), 'latin1');
  socket.cork();
  socket.write(head, 'latin1');
  const room = socket.write(Buffer.from(buffer.subarray(start, end)));
  socket.uncork();
  return room;
}
