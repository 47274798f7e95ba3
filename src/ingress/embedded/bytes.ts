/** Byte classes of HTTP/1.1 heads (RFC 9110 section 5.6, RFC 9112), as tables indexed by byte. */

export const HT = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const COMMA = 0x2c;
export const COLON = 0x3a;

const tokenBytes = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** 1 for bytes of a token (`tchar`). */
export const isToken = new Uint8Array(256);
/**
 * For a byte of a field name its lower-case form, with `_` folded to `-`; 0 for anything else. Applications
 * behind CGI-like interfaces cannot tell `x_forwarded_for` from `x-forwarded-for`, so neither may we.
 */
export const foldedName = new Uint8Array(256);
for (const character of tokenBytes) {
  const byte = character.charCodeAt(0);
  isToken[byte] = 1;
  foldedName[byte] = character === '_' ? 0x2d : character.toLowerCase().charCodeAt(0);
}

/** 1 for bytes of a field value: HTAB, SP, visible ASCII and obs-text; no other control character. */
export const isValue = new Uint8Array(256).fill(1, 0x20).fill(0, 0x7f, 0x80);
isValue[HT] = 1;

/** 1 for bytes of a request target: visible ASCII without `#`, since a fragment never travels. */
export const isTarget = new Uint8Array(256).fill(1, 0x21, 0x7f);
isTarget[0x23] = 0;

/** The value of a hexadecimal digit plus one; 0 for anything else. */
export const hexValue = new Uint8Array(256);
for (let digit = 0; digit < 16; digit += 1) {
  const text = digit.toString(16);
  hexValue[text.charCodeAt(0)] = digit + 1;
  hexValue[text.toUpperCase().charCodeAt(0)] = digit + 1;
}

/** Whether `buffer[start, end)` is `lowerCase`, ignoring the case of ASCII letters. */
export function equalsIgnoringCase(
  buffer: Uint8Array,
  start: number,
  end: number,
  lowerCase: string,
): boolean {
  if (end - start !== lowerCase.length) return false;
  for (let at = 0; at < lowerCase.length; at += 1) {
    const byte = buffer[start + at] ?? 0;
    const lower = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
    if (lower !== lowerCase.charCodeAt(at)) return false;
  }
  return true;
}

/** `buffer[start, end)` as text, one character a byte. */
export function latin1(buffer: Buffer, start: number, end: number): string {
  return buffer.toString('latin1', start, end);
}
