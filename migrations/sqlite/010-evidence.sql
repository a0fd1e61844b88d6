-- What was appended to releases: found by release, by the image that it speaks of, and by the layers of an image, of
-- which the images built upon it begin.
CREATE TABLE evidence (
  sequence INTEGER PRIMARY KEY,
  service TEXT NOT NULL,
  version TEXT NOT NULL,
  kind TEXT NOT NULL,
  image TEXT, -- sha256:...
  chain TEXT, -- ChainID of the image's layers
  summary TEXT NOT NULL,
  document TEXT,
  document_bytes INTEGER,
  stored TEXT,
  time INTEGER NOT NULL,
  actor TEXT NOT NULL
) STRICT;
CREATE INDEX evidence_by_release ON evidence (service, version, sequence);
CREATE INDEX evidence_by_chain ON evidence (chain, sequence) WHERE chain IS NOT NULL;
