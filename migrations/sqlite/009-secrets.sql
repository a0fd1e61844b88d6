-- A projection: the versions of the secrets that Drayage keeps. Their sealed values and wrapped keys are erasable content
-- (005-erasure.sql), where revoking a version overwrites them; no value, hash or length of one is here.
CREATE TABLE secret_version (
  environment TEXT NOT NULL,
  secret TEXT NOT NULL,
  version INTEGER NOT NULL,
  id TEXT NOT NULL, -- HMAC under a key outside the database
  size TEXT NOT NULL, -- class of sizes
  sealed TEXT NOT NULL,
  wrapped TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  revoked_at INTEGER,
  PRIMARY KEY (environment, secret, version)
) STRICT, WITHOUT ROWID;
