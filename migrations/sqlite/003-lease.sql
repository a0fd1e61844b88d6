-- How often each grant of the lease was renewed: whoever waits to take over sees by it that the holder lives. Beside the
-- ledger, and no projection: rebuilding keeps it.
CREATE TABLE lease_renewal (
  generation INTEGER PRIMARY KEY,
  renewals INTEGER NOT NULL
) STRICT;
