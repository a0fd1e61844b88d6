-- The inner nodes of the ledger's Merkle tree that tlog-tiles are made of: the root of each complete subtree of 256^level
-- entries, from level 1 on; level 0 is entry.hash. A projection: filled in at opening, and made anew by a rebuild.
CREATE TABLE tree_hash (
  level INTEGER NOT NULL CHECK (level > 0),
  number INTEGER NOT NULL, -- from 0
  hash BLOB NOT NULL,
  PRIMARY KEY (level, number)
) STRICT, WITHOUT ROWID;
