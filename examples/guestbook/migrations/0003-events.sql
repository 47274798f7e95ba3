-- What happened, in order. Every instance reads it to tell its readers, and a reader who was
-- away asks for what came after the last event it saw.
CREATE TABLE events (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind IN ('written', 'removed')),
  entry INTEGER NOT NULL,
  happened_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;

CREATE TRIGGER entry_written AFTER INSERT ON entries BEGIN
  INSERT INTO events (kind, entry) VALUES ('written', new.id);
END;

CREATE TRIGGER entry_removed AFTER DELETE ON entries BEGIN
  INSERT INTO events (kind, entry) VALUES ('removed', old.id);
END;
