const hour = 3_600_000;

/**
 * Writes what one day brought (by default yesterday, in the given or the system's time zone) into
 * the book. Running it again for the same day writes the same line anew.
 */
export function makeDigest(database, { day, timeZone, now = new Date() } = {}) {
  const dayOf = dayFormatter(timeZone);
  const wanted = day ?? dayBefore(dayOf(now));
  if (!/^\d{4}-\d{2}-\d{2}$/.test(wanted))
    throw new Error(`"${wanted}" is not a day; write it like 2026-01-31.`);
  // No time zone is further than a day away from UTC: fetch three days and sort out the rest here.
  const rows = database
    .prepare('SELECT name, picture, written_at FROM entries WHERE written_at >= ? AND written_at < ?')
    .all(shiftDay(wanted, -1), shiftDay(wanted, 2))
    .filter((row) => dayOf(new Date(row.written_at)) === wanted);

  const digest = {
    day: wanted,
    entries: rows.length,
    pictures: rows.filter((row) => row.picture).length,
    writers: new Set(rows.map((row) => row.name)).size,
  };
  const summary = summaryOf(digest);
  database
    .prepare(`
      INSERT INTO digests (day, entries, pictures, writers, summary, made_at)
      VALUES (:day, :entries, :pictures, :writers, :summary, :madeAt)
      ON CONFLICT (day) DO UPDATE SET entries = excluded.entries, pictures = excluded.pictures,
        writers = excluded.writers, summary = excluded.summary, made_at = excluded.made_at`)
    .run({ ...digest, summary, madeAt: now.toISOString() });
  return { ...digest, summary };
}

/** Clears away events that no reader will ask for any more, and files that no entry shows. */
export async function tidy(database, pictures, now = new Date()) {
  const weekAgo = new Date(now.getTime() - 7 * 24 * hour).toISOString();
  const { changes } = database.prepare('DELETE FROM events WHERE happened_at < ?').run(weekAgo);
  const shown = database.prepare('SELECT 1 FROM entries WHERE picture = ?');
  const files = await pictures.tidy((file) => shown.get(file) !== undefined, hour);
  return { events: Number(changes), files };
}

function summaryOf({ entries, pictures, writers }) {
  if (entries === 0) return 'A quiet day.';
  const written = count(entries, 'entry', 'entries');
  const by = entries > 1 ? ` by ${count(writers, 'guest', 'guests')}` : '';
  return `${written}${by}${pictures > 0 ? `, ${count(pictures, 'picture', 'pictures')}` : ''}.`;
}

function count(number, one, many) {
  return `${number} ${number === 1 ? one : many}`;
}

function dayFormatter(timeZone) {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  return (date) => format.format(date);
}

function dayBefore(day) {
  return shiftDay(day, -1);
}

function shiftDay(day, days) {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 24 * hour).toISOString().slice(0, 10);
}
