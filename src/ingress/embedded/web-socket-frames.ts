import { randomBytes } from 'node:crypto';

/**
 * Follows the frames of one direction of a WebSocket (RFC 6455 section 5.2) just far enough to know where one
 * ends, since a close frame may only be put between two.
 */
export class WebSocketFrames {
  #header = 0;
  #headerLength = 2;
  #lengthByte = 0;
  #payload = 0;

  get betweenFrames(): boolean {
    return this.#header === 0 && this.#payload === 0;
  }

  /** Follows `buffer[start, end)`; with `stopAtBoundary` stops at the first end of a frame. Returns where it stopped. */
  follow(buffer: Uint8Array, start: number, end: number, stopAtBoundary: boolean): number {
    let at = start;
    while (at < end) {
      if (stopAtBoundary && this.betweenFrames) return at;
      if (this.#header < this.#headerLength) {
        this.#takeHeaderByte(buffer[at] as number);
        at += 1;
        if (this.#header < this.#headerLength) continue;
        if (this.#payload === 0) this.#header = 0;
        continue;
      }
      const taken = Math.min(this.#payload, end - at);
      this.#payload -= taken;
      at += taken;
      if (this.#payload === 0) {
        this.#header = 0;
        this.#headerLength = 2;
      }
    }
    return at;
  }

  #takeHeaderByte(byte: number): void {
    const index = this.#header;
    this.#header += 1;
    if (index === 0) this.#headerLength = 2;
    else if (index === 1) {
      this.#lengthByte = byte & 0x7f;
      const extended = this.#lengthByte === 126 ? 2 : this.#lengthByte === 127 ? 8 : 0;
      this.#headerLength = 2 + extended + (byte >= 0x80 ? 4 : 0);
      this.#payload = extended === 0 ? this.#lengthByte : 0;
    } else if (this.#lengthByte >= 126 && index < 2 + (this.#lengthByte === 126 ? 2 : 8)) {
      this.#payload = this.#payload * 256 + byte;
    }
  }
}

/** A close frame with a status code; frames to a server are masked, as the protocol demands. */
export function closeFrame(code: number, reason: string, masked: boolean): Buffer {
  const payload = Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason, 'utf8')]);
  if (!masked) return Buffer.concat([Buffer.from([0x88, payload.length]), payload]);
  const mask = randomBytes(4);
  for (let at = 0; at < payload.length; at += 1)
    payload[at] = (payload[at] as number) ^ (mask[at & 3] as number);
  return Buffer.concat([Buffer.from([0x88, 0x80 | payload.length]), mask, payload]);
}
