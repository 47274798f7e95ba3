const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const absolute = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short' });
const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long' });
const minute = 60_000;
const hour = 60 * minute;

/** Writes the times under `root` the way people say them, in the reader's own time zone. */
export function showTimes(root = document) {
  for (const element of root.querySelectorAll('.entry-time time')) {
    const then = new Date(element.dateTime);
    element.textContent = sayTime(then, Date.now());
    element.title = absolute.format(then);
  }
}

function sayTime(then, now) {
  const ago = now - then.getTime();
  if (ago < minute) return 'just now';
  if (ago < hour) return relative.format(-Math.floor(ago / minute), 'minute');
  if (ago < 24 * hour) return relative.format(-Math.floor(ago / hour), 'hour');
  if (ago < 7 * 24 * hour) return relative.format(-Math.floor(ago / (24 * hour)), 'day');
  return day.format(then);
}
