/** Milliseconds since the Unix epoch, by the wall clock of the machine that wrote it. */
export type Instant = number & { readonly __unit: 'instant' };
/** A duration in milliseconds. */
export type Millis = number & { readonly __unit: 'millis' };
/** A size in bytes. */
export type Bytes = number & { readonly __unit: 'bytes' };

export const instant = (value: number): Instant => value as Instant;
export const millis = (value: number): Millis => value as Millis;
export const bytes = (value: number): Bytes => value as Bytes;

/** The only source of time that policy code sees; the composition root supplies the real one. */
export interface Clock {
  /** Wall-clock time; may jump when an operator sets the clock. */
  now(): Instant;
  /** Milliseconds since an arbitrary start; never goes back. Use it for time-outs and leases. */
  monotonic(): Millis;
}

const scales = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

/** `formatDuration(millis(93_500))` → `1m 33.5s`; below one second `250ms`. At most two units. */
export function formatDuration(value: Millis): string {
  if (value < 1000) return `${Math.round(value)}ms`;
  if (value < 60_000) return `${Number((value / 1000).toFixed(1))}s`;
  const parts: string[] = [];
  let rest = Math.round(value / 1000) * 1000;
  for (const [unit, size] of scales) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count}${unit}`);
    rest -= count * size;
  }
  return parts.slice(0, 2).join(' ');
}

/** `formatBytes(bytes(1536))` → `1.5 KiB`. */
export function formatBytes(value: Bytes): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let amount: number = value;
  let unit = 0;
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? amount : amount.toFixed(1)} ${units[unit]}`;
}
