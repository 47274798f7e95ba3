const columns =
  'id, name, message, visitor, written_at, picture, picture_width, picture_height, picture_description';

/** Entries and the events about them, as stored. All times are ISO 8601 in UTC. */
export function openEntries(database) {
  const insert = database.prepare(`
    INSERT INTO entries (name, message, visitor, submission, written_at,
      picture, picture_width, picture_height, picture_description)
    VALUES (:name, :message, :visitor, :submission, :writtenAt,
      :picture, :pictureWidth, :pictureHeight, :pictureDescription)
    ON CONFLICT (submission) DO NOTHING
    RETURNING ${columns}`);
  const bySubmission = database.prepare(`SELECT ${columns} FROM entries WHERE submission = ?`);
  const byId = database.prepare(`SELECT ${columns} FROM entries WHERE id = ?`);
  const page = database.prepare(`SELECT ${columns} FROM entries WHERE id < ? ORDER BY id DESC LIMIT ?`);
  const remove = database.prepare('DELETE FROM entries WHERE id = ? AND visitor = ? RETURNING picture');
  const count = database.prepare('SELECT count(*) AS entries FROM entries');
  const eventsAfter = database.prepare('SELECT * FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?');
  const lastEvent = database.prepare("SELECT seq AS sequence FROM sqlite_sequence WHERE name = 'events'");
  const firstEvent = database.prepare('SELECT min(sequence) AS sequence FROM events');
  const digests = database.prepare('SELECT day, summary FROM digests ORDER BY day DESC LIMIT ?');

  return {
    /** Stores an entry. `created` is false when this submission had been stored before. */
    write(entry) {
      const row = insert.get({ ...textColumns(entry), ...pictureColumns(entry.picture) });
      if (row) return { created: true, entry: entryOf(row) };
      return { created: false, entry: entryOf(bySubmission.get(entry.submission)) };
    },
    /** Removes an entry of this visitor; returns its picture's name (or null), undefined if it was not theirs. */
    remove(id, visitor) {
      return remove.get(id, visitor)?.picture;
    },
    find(id) {
      const row = byId.get(id);
      return row ? entryOf(row) : undefined;
    },
    /** The newest `limit` entries older than `before`, and where the next page starts (null: no more). */
    page({ before = Number.MAX_SAFE_INTEGER, limit = 20 } = {}) {
      const rows = page.all(before, limit + 1);
      const entries = rows.slice(0, limit).map(entryOf);
      return { entries, next: rows.length > limit ? entries.at(-1).id : null };
    },
    count: () => count.get().entries,
    eventsAfter: (sequence, limit) => eventsAfter.all(sequence, limit),
    lastSequence: () => lastEvent.get()?.sequence ?? 0,
    /** Events up to here were cleared away: who saw fewer has to read the page anew. */
    clearedSequence: () => (firstEvent.get().sequence ?? (lastEvent.get()?.sequence ?? 0) + 1) - 1,
    digests: (limit = 7) => digests.all(limit),
  };
}

function textColumns({ name, message, visitor = null, submission = null }) {
  return { name, message, visitor, submission, writtenAt: new Date().toISOString() };
}

function pictureColumns(picture) {
  return {
    picture: picture?.file ?? null,
    pictureWidth: picture?.width ?? null,
    pictureHeight: picture?.height ?? null,
    pictureDescription: picture?.description || null,
  };
}

function entryOf(row) {
  return {
    id: row.id,
    name: row.name,
    message: row.message,
    visitor: row.visitor,
    writtenAt: row.written_at,
    picture: row.picture && {
      url: `/pictures/${row.picture}`,
      width: row.picture_width,
      height: row.picture_height,
      description: row.picture_description ?? '',
    },
  };
}
