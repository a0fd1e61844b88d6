import type { DatabaseSync } from 'node:sqlite';
import { Fault } from '../../core/fault.ts';
import type { LeaseRow } from '../../port/store.ts';
import { leaseStream } from '../lease-entry.ts';
import { integer, text } from './rows.ts';
import { entriesOf } from './streams.ts';

/**
 * The generation of a grant at a sequence: what the last recovery before it added, and the sequence. An entry never
 * changes, so neither does the answer.
 */
export function createGenerationReader(database: DatabaseSync): (sequence: number) => number {
  const recovery = database.prepare(`SELECT payload ->> '$.generationBase' AS base FROM entry
    WHERE kind = 'ledger-recovered' AND sequence < ? ORDER BY sequence DESC LIMIT 1`);
  return (sequence) => {
    const row = recovery.get(sequence);
    return sequence + (row === undefined ? 0 : integer(row, 'base'));
  };
}

/** Reads who holds the lease: the last grant on the ledger, with the renewals that stand beside it. */
export function createLeaseReader(database: DatabaseSync): () => LeaseRow | null {
  const generationAt = createGenerationReader(database);
  const last = database.prepare(`SELECT sequence, payload ->> '$.driver' AS driver
    FROM ${entriesOf('?')} ORDER BY sequence DESC LIMIT 1`);
  const renewalsOf = database.prepare('SELECT renewals FROM lease_renewal WHERE generation = ?');
  return () => {
    const row = last.get(leaseStream);
    if (row === undefined) return null;
    const generation = generationAt(integer(row, 'sequence'));
    const renewed = renewalsOf.get(generation);
    return {
      driver: text(row, 'driver'),
      generation,
      renewals: renewed === undefined ? 0 : integer(renewed, 'renewals'),
    };
  };
}

/** Counts one renewal; `lease.lost` when another grant followed. To be run within a transaction. */
export function createLeaseRenewer(database: DatabaseSync): (held: LeaseRow) => LeaseRow {
  const read = createLeaseReader(database);
  const count = database.prepare(`INSERT INTO lease_renewal (generation, renewals) VALUES (?, 1)
    ON CONFLICT (generation) DO UPDATE SET renewals = renewals + 1`);
  const forget = database.prepare('DELETE FROM lease_renewal WHERE generation < ?');
  return (held) => {
    const row = read();
    if (row?.generation !== held.generation) throw lost(held, row);
    count.run(held.generation);
    forget.run(held.generation);
    return { ...row, renewals: row.renewals + 1 };
  };
}

/** Throws `store.conflict` when the lease is not as the caller saw it. */
export function checkSeen(seen: LeaseRow | null, actual: LeaseRow | null): void {
  if (seen?.generation === actual?.generation && seen?.renewals === actual?.renewals) return;
  throw new Fault('store.conflict', 'The lease was granted or renewed since it was read.', {
    facts: { generation: actual?.generation ?? 0 },
    next: 'Read the lease again, and wait until its holder is gone.',
  });
}

/** Throws `lease.lost` when a later lease than the one of this generation was granted. */
export function checkHeld(generation: number | null, read: () => LeaseRow | null): void {
  if (generation === null) return;
  const actual = read();
  if (actual?.generation !== generation) throw lost({ generation }, actual);
}

function lost(held: Pick<LeaseRow, 'generation'>, actual: LeaseRow | null): Fault {
  return new Fault('lease.lost', `Another server drives, with generation ${actual?.generation ?? 0}.`, {
    facts: { ours: held.generation, theirs: actual?.generation ?? 0 },
  });
}
