-- Which reports of which releases name a vulnerability: read from the stored summaries, which never change.
CREATE TABLE finding (
  vulnerability TEXT NOT NULL, -- in upper case
  sequence INTEGER NOT NULL, -- of the evidence
  PRIMARY KEY (vulnerability, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE waiver (
  sequence INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  vulnerability TEXT NOT NULL,
  service TEXT, -- null: of every service
  reason TEXT NOT NULL,
  until INTEGER NOT NULL,
  time INTEGER NOT NULL,
  actor TEXT NOT NULL
) STRICT;
CREATE INDEX waiver_by_end ON waiver (until);
