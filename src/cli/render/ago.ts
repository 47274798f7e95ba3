import { formatDuration, millis } from '../../core/units.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** `just now`, `5 minutes ago`, `3 days ago`, then a date: how long ago is what a person asks. */
export function ago(at: number, now: number): string {
  const passed = Math.max(0, now - at);
  if (passed < 10_000) return 'just now';
  if (passed < minute) return `${Math.floor(passed / 1000)} seconds ago`;
  if (passed < hour) return count(passed / minute, 'minute');
  if (passed < 2 * day) return count(passed / hour, 'hour');
  if (passed < 60 * day) return count(passed / day, 'day');
  return `on ${new Date(at).toISOString().slice(0, 10)}`;
}

/** `in 5m`, for what is to come. */
export function until(at: number, now: number): string {
  return at <= now ? 'now' : `in ${formatDuration(millis(at - now))}`;
}

/** `2026-03-01 14:05` in the time zone of this machine. */
export function localTime(at: number): string {
  const shifted = new Date(at - new Date(at).getTimezoneOffset() * minute);
  return shifted.toISOString().slice(0, 16).replace('T', ' ');
}

function count(amount: number, unit: string): string {
  const whole = Math.floor(amount);
  return whole === 1 ? `1 ${unit} ago` : `${whole} ${unit}s ago`;
}
