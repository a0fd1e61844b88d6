-- The entries of each stream. A stream is known by the sequence of its first entry: its name, which most entries share with
-- no more than some dozens of others, is then written once instead of with each of them, and what is appended to young
-- streams lies side by side instead of all over an index.
DROP INDEX entry_by_stream;

DROP TABLE stream_head;
CREATE TABLE stream_head (
  first INTEGER PRIMARY KEY, -- sequence of the stream's first entry
  stream TEXT NOT NULL UNIQUE,
  version INTEGER NOT NULL -- how many entries it has
) STRICT;
CREATE TABLE stream_entry (
  first INTEGER NOT NULL, -- of the stream
  sequence INTEGER NOT NULL,
  PRIMARY KEY (first, sequence)
) STRICT, WITHOUT ROWID;

-- As far as the projections are folded; the writer folds the rest.
INSERT INTO stream_head (first, stream, version)
  SELECT min(sequence), stream, count(*) FROM entry
  WHERE sequence <= (SELECT sequence FROM projection_mark) GROUP BY stream ORDER BY min(sequence);
INSERT INTO stream_entry (first, sequence)
  SELECT first, sequence FROM entry CROSS JOIN stream_head USING (stream)
  WHERE sequence <= (SELECT sequence FROM projection_mark) ORDER BY first, sequence;

-- Only deployments that ended have an outcome: the others need not be moved about when they get theirs.
DROP INDEX deployment_by_outcome;
CREATE INDEX deployment_by_outcome ON deployment (outcome, sequence) WHERE outcome IS NOT NULL;
DROP INDEX deployment_by_environment_outcome;
CREATE INDEX deployment_by_environment_outcome ON deployment (environment, outcome, sequence) WHERE outcome IS NOT NULL;
