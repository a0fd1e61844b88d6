-- What tokens may do and until when, when they were last used, when inventory changed, and what filters of lists need.
-- The projections are made anew from the ledger: the mark says that nothing is folded yet, and the writer then begins
-- with empty ones. No entry is touched.

DROP TABLE token;
CREATE TABLE token (
  sequence INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  scope TEXT NOT NULL, -- JSON
  use_kind TEXT NOT NULL,
  parent TEXT,
  secret_hash TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER
) STRICT;
CREATE INDEX token_by_use ON token (use_kind, sequence);

-- Beside the ledger, and no projection: rebuilding keeps it.
CREATE TABLE token_use (
  token TEXT PRIMARY KEY,
  last_used_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

DROP TABLE inventory;
CREATE TABLE inventory (
  environment TEXT NOT NULL,
  cluster TEXT NOT NULL,
  service TEXT NOT NULL,
  component TEXT NOT NULL,
  target TEXT NOT NULL,
  settled INTEGER NOT NULL,
  deployment TEXT NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (environment, cluster, service, component)
) STRICT, WITHOUT ROWID;

-- Which deployments change a service; `sequence` is the deployment's.
CREATE TABLE deployment_service (
  service TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  PRIMARY KEY (service, sequence)
) STRICT, WITHOUT ROWID;

CREATE INDEX deployment_by_outcome ON deployment (outcome, sequence);

UPDATE projection_mark SET sequence = 0;
