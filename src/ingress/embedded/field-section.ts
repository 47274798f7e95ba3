import { COLON, COMMA, CR, foldedName, HT, isToken, isValue, LF, SP } from './bytes.ts';
import type { Direction } from './field-names.ts';
import { classifyField, hashSeed } from './field-names.ts';

/** Why a message is refused, and the status that says so to a client. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
}

/** Results of `parse` functions that are not the index after what was parsed. */
export const incomplete = 0;
export const refused = -1;

export interface FieldLimits {
  readonly maxBytes: number;
  readonly maxFields: number;
}

/**
 * The field lines of one head, as offsets into the buffer that was parsed; valid until the next `parse` and
 * as long as the buffer is. One object serves any number of heads, so nothing is allocated for each.
 */
export class FieldSection {
  count = 0;
  refusal: Refusal = { status: 400, reason: '' };
  readonly kind: Uint8Array;
  readonly nameStart: Int32Array;
  readonly nameEnd: Int32Array;
  readonly valueStart: Int32Array;
  readonly valueEnd: Int32Array;
  /** Index after the line's CRLF. */
  readonly lineEnd: Int32Array;
  readonly #direction: Direction;
  readonly limits: FieldLimits;

  constructor(direction: Direction, limits: FieldLimits) {
    this.#direction = direction;
    this.limits = limits;
    this.kind = new Uint8Array(limits.maxFields);
    this.nameStart = new Int32Array(limits.maxFields);
    this.nameEnd = new Int32Array(limits.maxFields);
    this.valueStart = new Int32Array(limits.maxFields);
    this.valueEnd = new Int32Array(limits.maxFields);
    this.lineEnd = new Int32Array(limits.maxFields);
  }

  /** Records why and returns `refused`. A response that is refused is a bad gateway, whatever is wrong with it. */
  refuse(status: number, reason: string): number {
    this.refusal = { status: this.#direction === 'response' ? 502 : status, reason };
    return refused;
  }

  /** Parses field lines from `start` to the empty line that ends them; returns the index after it. */
  parse(buffer: Uint8Array, start: number, end: number): number {
    this.count = 0;
    let at = start;
    for (;;) {
      if (at >= end) return incomplete;
      if (buffer[at] === CR) {
        if (at + 1 >= end) return incomplete;
        return buffer[at + 1] === LF ? at + 2 : this.refuse(400, 'a carriage return without line feed');
      }
      at = this.#parseLine(buffer, at, end);
      if (at <= 0) return at;
    }
  }

  #parseLine(buffer: Uint8Array, start: number, end: number): number {
    let at = start;
    let hash = hashSeed;
    for (; at < end; at += 1) {
      const folded = foldedName[buffer[at] as number] as number;
      if (folded === 0) break;
      hash = (Math.imul(hash, 31) + folded) | 0;
    }
    if (at >= end) return incomplete;
    if (buffer[at] !== COLON || at === start) return this.#refuseName(buffer, start, at);
    const nameEnd = at;
    at += 1;
    while (at < end && (buffer[at] === SP || buffer[at] === HT)) at += 1;
    const valueStart = at;
    while (at < end && isValue[buffer[at] as number] === 1) at += 1;
    if (at >= end) return incomplete;
    if (buffer[at] !== CR) {
      return this.refuse(
        400,
        buffer[at] === LF ? 'a line ends without carriage return' : 'a control character in a field value',
      );
    }
    if (at + 1 >= end) return incomplete;
    if (buffer[at + 1] !== LF) return this.refuse(400, 'a carriage return inside a field value');
    const index = this.count;
    if (index >= this.limits.maxFields) return this.refuse(431, `more than ${this.limits.maxFields} fields`);
    let valueEnd = at;
    while (valueEnd > valueStart && (buffer[valueEnd - 1] === SP || buffer[valueEnd - 1] === HT))
      valueEnd -= 1;
    this.nameStart[index] = start;
    this.nameEnd[index] = nameEnd;
    this.valueStart[index] = valueStart;
    this.valueEnd[index] = valueEnd;
    this.lineEnd[index] = at + 2;
    this.kind[index] = classifyField(buffer, start, nameEnd, hash, this.#direction);
    this.count = index + 1;
    return at + 2;
  }

  #refuseName(buffer: Uint8Array, start: number, at: number): number {
    const byte = buffer[at];
    if (at === start && (byte === SP || byte === HT)) return this.refuse(400, 'a folded field line');
    if (byte === SP || byte === HT) return this.refuse(400, 'white space before the colon of a field');
    if (byte === LF) return this.refuse(400, 'a line ends without carriage return');
    return this.refuse(400, 'an invalid field name');
  }
}

/** Calls `onOption` with each option of a `Connection` value, lower-case; false when the list is malformed. */
export function readConnectionOptions(
  buffer: Uint8Array,
  start: number,
  end: number,
  onOption: (option: string) => void,
): boolean {
  let at = start;
  while (at < end) {
    while (at < end && (buffer[at] === SP || buffer[at] === HT)) at += 1;
    const optionStart = at;
    while (at < end && isToken[buffer[at] as number] === 1) at += 1;
    if (at > optionStart) {
      let option = '';
      for (let index = optionStart; index < at; index += 1)
        option += String.fromCharCode(buffer[index] as number);
      onOption(option.toLowerCase());
    }
    while (at < end && (buffer[at] === SP || buffer[at] === HT)) at += 1;
    if (at < end && buffer[at] !== COMMA) return false;
    at += 1;
  }
  return true;
}

/** The number in a `Content-Length` value, or -1 when it is not one: 1 to 15 digits and nothing else. */
export function readContentLength(buffer: Uint8Array, start: number, end: number): number {
  if (end === start || end - start > 15) return -1;
  let value = 0;
  for (let at = start; at < end; at += 1) {
    const digit = (buffer[at] as number) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
