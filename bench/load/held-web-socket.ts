import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

export interface WebSocketEvents {
  /** The answer to the upgrade request: null when it was granted, else why not. */
  upgraded(refusal: string | null): void;
  /** An echo came; `version` is null when it was not the echo of what was sent. */
  echoed(version: number | null): void;
  /** How an established WebSocket ended; `own`: we closed it. */
  ended(how: 'moved' | 'cut' | 'own'): void;
}

const everyMs = 100;
/** A WebSocket on which this many messages stay unanswered is as good as cut. */
const mostUnanswered = 100;
const politeCodes = new Set([1001, 1012]);

/** One WebSocket that sends a message every 100 ms and expects each back in order, until something ends it. */
export class HeldWebSocket {
  readonly #socket: Socket;
  readonly #events: WebSocketEvents;
  readonly #name: string;
  #buffer = Buffer.alloc(0);
  #open = false;
  #how: 'moved' | 'own' | undefined;
  #ended = false;
  #sent = 0;
  #received = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(port: number, host: string, name: string, events: WebSocketEvents) {
    this.#events = events;
    this.#name = name;
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.write(
      `GET /live HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
    );
    this.#socket.setTimeout(40_000, () => this.#end('no answer'));
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#end(error.code ?? error.message));
    this.#socket.on('close', () => this.#end('closed'));
  }

  /** Says goodbye; `ended('own')` follows. */
  close(): void {
    this.#how ??= 'own';
    if (!this.#open) this.#socket.destroy();
    else {
      this.#socket.end(maskedFrame(8, Buffer.from([0x03, 0xe8])));
      setTimeout(() => this.#socket.destroy(), 1000);
    }
  }

  #read(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    if (!this.#open && !this.#readHead()) return;
    for (let frame = takeFrame(this.#buffer); frame !== undefined; frame = takeFrame(this.#buffer)) {
      this.#buffer = this.#buffer.subarray(frame.end);
      if (frame.opcode === 1) this.#readEcho(frame.payload.toString());
      else if (frame.opcode === 8) this.#readClose(frame.payload);
    }
  }

  #readHead(): boolean {
    const end = this.#buffer.indexOf('\r\n\r\n');
    if (end === -1) return false;
    const [statusLine = ''] = this.#buffer.toString('latin1', 0, end).split('\r\n');
    if (!statusLine.startsWith('HTTP/1.1 101 ')) {
      this.#end(`status ${statusLine.slice(9, 12)}`);
      this.#socket.destroy();
      return false;
    }
    this.#open = true;
    this.#buffer = this.#buffer.subarray(end + 4);
    this.#events.upgraded(null);
    this.#timer = setInterval(() => this.#send(), everyMs);
    return true;
  }

  #send(): void {
    if (this.#how !== undefined) return;
    if (this.#sent - this.#received > mostUnanswered) this.#socket.destroy();
    else this.#socket.write(maskedFrame(1, Buffer.from(`${this.#name} ${this.#sent++}`)));
  }

  #readEcho(text: string): void {
    const space = text.indexOf(' ');
    const expected = `${this.#name} ${this.#received++}`;
    this.#events.echoed(text.slice(space + 1) === expected ? Number(text.slice(0, space)) : null);
  }

  #readClose(payload: Buffer): void {
    const code = payload.length >= 2 ? payload.readUInt16BE() : 1005;
    if (politeCodes.has(code)) this.#how ??= 'moved';
    this.#socket.end(maskedFrame(8, payload));
    // Closing is the server's part; we do not wait for ever.
    setTimeout(() => this.#socket.destroy(), 1000);
  }

  #end(why: string): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#timer);
    this.#socket.destroy();
    if (this.#open) this.#events.ended(this.#how ?? 'cut');
    else if (this.#how === 'own') this.#events.ended('own');
    else this.#events.upgraded(why);
  }
}

/** The first whole frame of a server, or undefined while it is incomplete. Echoes are shorter than 64 KiB. */
function takeFrame(data: Buffer): { opcode: number; payload: Buffer; end: number } | undefined {
  if (data.length < 2) return undefined;
  let length = data.readUInt8(1) & 0x7f;
  let start = 2;
  if (length === 126) {
    if (data.length < 4) return undefined;
    length = data.readUInt16BE(2);
    start = 4;
  }
  const end = start + length;
  if (data.length < end) return undefined;
  return { opcode: data.readUInt8(0) & 0x0f, payload: Buffer.from(data.subarray(start, end)), end };
}

function maskedFrame(opcode: number, payload: Buffer): Buffer {
  const mask = randomBytes(4);
  const frame = Buffer.alloc(6 + payload.length);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | payload.length;
  mask.copy(frame, 2);
  for (const [index, byte] of payload.entries()) frame[6 + index] = byte ^ mask.readUInt8(index & 3);
  return frame;
}
