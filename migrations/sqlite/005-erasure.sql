-- Content that can be erased: log excerpts and names of persons. No row of erasable_blob ever moves or shrinks: rows come
-- at the end only, and erasing overwrites bytes where they lie, by as many zeros. So no page keeps a stale copy of them
-- (bytes of a row in a tree that is rebalanced do stay in free space, whatever secure_delete says).
CREATE TABLE erasable_blob (
  id INTEGER PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  erased INTEGER NOT NULL CHECK (erased IN (0, 1)),
  bytes BLOB NOT NULL
) STRICT;

-- A projection: which erasable content entries name, and which of it a later entry erased.
CREATE TABLE erasable_content (
  digest TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  sequence INTEGER NOT NULL, -- of the first entry that names it
  time INTEGER NOT NULL,
  erased_by INTEGER -- sequence of the content-erased entry
) STRICT, WITHOUT ROWID;
CREATE INDEX erasable_content_unerased ON erasable_content (kind, time, sequence) WHERE erased_by IS NULL;

-- What is there already is folded here, so that the ledger need not be folded anew.
INSERT INTO erasable_content (digest, kind, sequence, time)
  SELECT payload ->> '$.cause.logs', 'logs', sequence, time FROM entry
  WHERE kind IN ('step-failed', 'revert-failed', 'rollback-started', 'deployment-ended')
    AND payload ->> '$.cause.logs' IS NOT NULL
  ORDER BY sequence
  ON CONFLICT DO NOTHING;
INSERT INTO erasable_blob (digest, erased, bytes)
  SELECT digest, 0, bytes FROM blob JOIN erasable_content USING (digest) ORDER BY sequence;
DELETE FROM blob WHERE digest IN (SELECT digest FROM erasable_content);

CREATE TABLE token_with_person (
  sequence INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT,
  person TEXT, -- digest of the erasable blob that holds the name
  role TEXT NOT NULL,
  scope TEXT NOT NULL, -- JSON
  use_kind TEXT NOT NULL,
  parent TEXT,
  secret_hash TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  CHECK ((name IS NULL) <> (person IS NULL))
) STRICT;
INSERT INTO token_with_person
  (sequence, id, name, role, scope, use_kind, parent, secret_hash, created_at, expires_at, revoked_at)
  SELECT sequence, id, name, role, scope, use_kind, parent, secret_hash, created_at, expires_at, revoked_at FROM token;
DROP TABLE token;
ALTER TABLE token_with_person RENAME TO token;
CREATE INDEX token_by_use ON token (use_kind, sequence);
