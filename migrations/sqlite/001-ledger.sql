-- The ledger, the blobs that it names by digest, and the projections that are made from it.
-- A migration never changes after its release; what comes later is another file.

CREATE TABLE entry (
  sequence INTEGER PRIMARY KEY CHECK (sequence > 0),
  time INTEGER NOT NULL,
  stream TEXT NOT NULL,
  kind TEXT NOT NULL,
  v INTEGER NOT NULL,
  actor TEXT NOT NULL,
  payload TEXT NOT NULL, -- canonical JSON (RFC 8785)
  prev TEXT NOT NULL, -- leaf hash of the entry before
  hash TEXT NOT NULL -- RFC 6962 leaf hash of this entry's canonical JSON
) STRICT;
CREATE INDEX entry_by_stream ON entry (stream, sequence);

CREATE TABLE blob (
  digest TEXT PRIMARY KEY,
  bytes BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- How far the projections below are folded; above the last entry's sequence means that entries are lost.
CREATE TABLE projection_mark (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  sequence INTEGER NOT NULL
) STRICT;
INSERT INTO projection_mark (id, sequence) VALUES (1, 0);

CREATE TABLE stream_head (
  stream TEXT PRIMARY KEY,
  version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE release (
  sequence INTEGER PRIMARY KEY,
  service TEXT NOT NULL,
  version TEXT NOT NULL,
  identity TEXT NOT NULL,
  manifest TEXT NOT NULL,
  time INTEGER NOT NULL,
  actor TEXT NOT NULL,
  UNIQUE (service, version)
) STRICT;
CREATE INDEX release_by_service ON release (service, sequence);

CREATE TABLE deployment (
  sequence INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  environment TEXT NOT NULL,
  plan TEXT NOT NULL,
  services TEXT NOT NULL, -- JSON array
  reason TEXT NOT NULL,
  phase TEXT NOT NULL,
  outcome TEXT,
  actor TEXT NOT NULL,
  accepted_at INTEGER NOT NULL,
  ended_at INTEGER
) STRICT;
CREATE INDEX deployment_by_environment ON deployment (environment, sequence);
CREATE INDEX deployment_unfinished ON deployment (sequence) WHERE phase <> 'ended';

CREATE TABLE inventory (
  environment TEXT NOT NULL,
  cluster TEXT NOT NULL,
  service TEXT NOT NULL,
  component TEXT NOT NULL,
  target TEXT NOT NULL,
  settled INTEGER NOT NULL,
  deployment TEXT NOT NULL,
  PRIMARY KEY (environment, cluster, service, component)
) STRICT, WITHOUT ROWID;

CREATE TABLE environment_revision (
  environment TEXT NOT NULL,
  revision INTEGER NOT NULL,
  spec TEXT NOT NULL,
  deployment TEXT NOT NULL,
  time INTEGER NOT NULL,
  PRIMARY KEY (environment, revision)
) STRICT, WITHOUT ROWID;
CREATE INDEX environment_revision_by_deployment ON environment_revision (deployment);

CREATE TABLE platform (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  revision INTEGER NOT NULL,
  platform TEXT NOT NULL,
  source TEXT NOT NULL,
  time INTEGER NOT NULL
) STRICT;

CREATE TABLE token (
  sequence INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  secret_hash TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT;
