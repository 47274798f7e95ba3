CREATE TABLE digests (
  day TEXT PRIMARY KEY,
  entries INTEGER NOT NULL,
  pictures INTEGER NOT NULL,
  writers INTEGER NOT NULL,
  summary TEXT NOT NULL,
  made_at TEXT NOT NULL
) STRICT;

CREATE INDEX entries_by_time ON entries (written_at);
