CREATE TABLE entries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
  message TEXT NOT NULL CHECK (length(message) BETWEEN 1 AND 2000),
  -- Who wrote it, so that they can take it back. Empty when the writer had no cookie.
  visitor TEXT,
  -- Made by the form. Sending the same form twice gives one entry.
  submission TEXT UNIQUE,
  written_at TEXT NOT NULL
) STRICT;

CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

-- Used for signing cookies when SESSION_KEY is not set; shared by all instances.
INSERT INTO settings (name, value) VALUES ('session_key', lower(hex(randomblob(32))));
