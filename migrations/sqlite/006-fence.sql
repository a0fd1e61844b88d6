-- Generations of the lease go on above all that were seen when a ledger is recovered: the sequence of a grant, and what the
-- last recovery before it added. Read from the ledger itself, so that no rebuild ever shows another generation.
CREATE INDEX entry_of_recovery ON entry (sequence) WHERE kind = 'ledger-recovered';
