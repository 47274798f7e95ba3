/** The schema as first released. Never changed: later versions add a file with the next number. */
export const initial = {
  version: 1,
  title: 'Apps, releases, environments, operations and evidence',
  sql: `
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE apps (
  name TEXT PRIMARY KEY,
  source_directory TEXT,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE operations (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  environment TEXT NOT NULL,
  idempotency_key TEXT NOT NULL UNIQUE,
  input TEXT NOT NULL,
  plan TEXT,
  summary TEXT,
  state TEXT NOT NULL CHECK (state IN ('queued', 'preparing', 'running', 'compensating', 'finished')),
  verdict TEXT,
  outcome TEXT CHECK (outcome IN ('succeeded', 'failed', 'rolled-back', 'cancelled', 'incomplete')),
  failure TEXT,
  requested_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER,
  cancel_requested_at INTEGER,
  cancel_requested_by TEXT,
  recorded INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX operations_by_environment ON operations (environment, position);
CREATE INDEX operations_unfinished ON operations (environment, position) WHERE state <> 'finished';
CREATE INDEX operations_unrecorded ON operations (position) WHERE state = 'finished' AND recorded = 0;

CREATE TABLE steps (
  operation TEXT NOT NULL REFERENCES operations (id),
  id TEXT NOT NULL,
  position INTEGER NOT NULL,
  wave INTEGER NOT NULL,
  is_commit INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (
    state IN ('pending', 'started', 'done', 'failed', 'compensating', 'compensated', 'skipped')
  ),
  attempt INTEGER NOT NULL,
  output TEXT,
  failure TEXT,
  started_at INTEGER,
  finished_at INTEGER,
  completion INTEGER,
  PRIMARY KEY (operation, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  operation TEXT NOT NULL REFERENCES operations (id),
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  type TEXT NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (operation, seq)
) STRICT, WITHOUT ROWID;

-- A row stays when its lease is given back, so that the fence never falls.
CREATE TABLE leases (
  environment TEXT PRIMARY KEY,
  fence INTEGER NOT NULL,
  renewal INTEGER NOT NULL,
  operation TEXT REFERENCES operations (id),
  owner_pid INTEGER,
  owner_started_at TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE releases (
  digest TEXT PRIMARY KEY,
  app TEXT NOT NULL REFERENCES apps (name),
  number INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  source_digest TEXT NOT NULL,
  manifest TEXT NOT NULL,
  tree_digest TEXT NOT NULL,
  files INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  source_commit TEXT,
  dirty INTEGER NOT NULL,
  runtimes TEXT NOT NULL,
  build_operation TEXT REFERENCES operations (id),
  removed_at INTEGER,
  UNIQUE (app, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE environments (
  id TEXT PRIMARY KEY,
  app TEXT NOT NULL REFERENCES apps (name),
  name TEXT NOT NULL,
  current_deployment TEXT REFERENCES deployments (id) DEFERRABLE INITIALLY DEFERRED,
  previous_deployment TEXT REFERENCES deployments (id) DEFERRABLE INITIALLY DEFERRED,
  maintenance TEXT,
  created_at INTEGER NOT NULL,
  removed_at INTEGER,
  UNIQUE (app, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE config_revisions (
  environment TEXT NOT NULL REFERENCES environments (id),
  revision INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  plain TEXT NOT NULL,
  sealed TEXT NOT NULL,
  author TEXT NOT NULL,
  PRIMARY KEY (environment, revision)
) STRICT, WITHOUT ROWID;

CREATE TABLE deployments (
  id TEXT PRIMARY KEY,
  environment TEXT NOT NULL REFERENCES environments (id),
  release TEXT NOT NULL REFERENCES releases (digest),
  config_revision INTEGER,
  operation TEXT NOT NULL REFERENCES operations (id),
  generation INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  outcome TEXT,
  instances TEXT NOT NULL,
  UNIQUE (environment, generation),
  FOREIGN KEY (environment, config_revision) REFERENCES config_revisions (environment, revision)
) STRICT, WITHOUT ROWID;
CREATE INDEX deployments_by_release ON deployments (release);
CREATE INDEX deployments_by_operation ON deployments (operation);

CREATE TABLE evidence (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  data TEXT NOT NULL,
  previous_hash TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE
) STRICT;
CREATE INDEX evidence_by_subject ON evidence (subject, kind, seq);

CREATE TABLE waivers (
  id INTEGER PRIMARY KEY,
  app TEXT NOT NULL REFERENCES apps (name),
  item TEXT NOT NULL,
  reason TEXT NOT NULL,
  author TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  withdrawn_at INTEGER
) STRICT;
CREATE INDEX waivers_by_app ON waivers (app, item);
`,
} as const;
