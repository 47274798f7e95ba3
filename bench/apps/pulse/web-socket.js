import { createHash } from 'node:crypto';

const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const maxPayload = 65_535;

/**
 * Answers an upgrade and echoes each text with `answer(text)`. Messages are whole frames below 64 KiB, which is
 * all that the load sends. Returns `leave(code)`: says goodbye and ends when the other side has answered.
 */
export function acceptWebSocket(request, socket, head, answer) {
  const key = request.headers['sec-websocket-key'];
  const accept = createHash('sha1').update(`${key}${guid}`).digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  let pending = head;
  let leaving = false;
  const read = (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (let frame = takeFrame(pending); frame !== undefined; frame = takeFrame(pending)) {
      pending = pending.subarray(frame.end);
      if (frame.opcode === 1) socket.write(encodeFrame(1, Buffer.from(answer(frame.payload.toString()))));
      else if (frame.opcode === 9) socket.write(encodeFrame(10, frame.payload));
      else if (frame.opcode === 8) socket.end(leaving ? undefined : encodeFrame(8, frame.payload));
    }
  };
  socket.on('data', read);
  if (head.length > 0) read(Buffer.alloc(0));
  return (code) => {
    leaving = true;
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    socket.write(encodeFrame(8, payload));
    setTimeout(() => socket.destroy(), 2000).unref();
  };
}

/** The first whole frame of a client, unmasked, or undefined while it is incomplete. */
function takeFrame(data) {
  if (data.length < 6) return undefined;
  let length = data[1] & 0x7f;
  let start = 2;
  if (length === 126) {
    if (data.length < 8) return undefined;
    length = data.readUInt16BE(2);
    start = 4;
  }
  if (length > maxPayload) throw new Error('The frame is too long.');
  const end = start + 4 + length;
  if (data.length < end) return undefined;
  const payload = Buffer.from(data.subarray(start + 4, end));
  for (let i = 0; i < length; i += 1) payload[i] ^= data[start + (i & 3)];
  return { opcode: data[0] & 0x0f, payload, end };
}

function encodeFrame(opcode, payload) {
  const head =
    payload.length < 126
      ? Buffer.from([0x80 | opcode, payload.length])
      : Buffer.from([0x80 | opcode, 126, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([head, payload]);
}
