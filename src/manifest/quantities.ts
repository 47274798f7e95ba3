import type { Bytes, Millis } from '../core/units.ts';
import { bytes, millis } from '../core/units.ts';

export const durationPattern = /^(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h|d)$/;
export const sizePattern = /^(\d{1,9}(?:\.\d{1,6})?) ?(B|[KMGT]i?B)$/;
export const percentagePattern = /^(\d{1,3}(?:\.\d{1,6})?) ?%$/;

const durationUnits: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `250ms`, `30s`, `5m`, `2h`, `7d`; undefined for anything else. Rounded to whole milliseconds. */
export function parseDuration(text: string): Millis | undefined {
  const match = durationPattern.exec(text);
  if (match === null) return undefined;
  return millis(Math.round(Number(match[1]) * (durationUnits[match[2] ?? ''] ?? 1)));
}

/** `64KB`, `256MB`, `1GiB`; KB is 1024 bytes, as Docker reads it. Undefined for anything else. */
export function parseSize(text: string): Bytes | undefined {
  const match = sizePattern.exec(text);
  if (match === null) return undefined;
  const exponent = 'BKMGT'.indexOf((match[2] ?? 'B').charAt(0));
  return bytes(Math.round(Number(match[1]) * 1024 ** exponent));
}

/** `1%` → 0.01; undefined for anything that is not between 0 % and 100 %. */
export function parsePercentage(text: string): number | undefined {
  const match = percentagePattern.exec(text);
  if (match === null) return undefined;
  const value = Number(match[1]) / 100;
  return value <= 1 ? value : undefined;
}
