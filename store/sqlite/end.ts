import type { DatabaseSync } from 'node:sqlite';
import { Fault } from '../../core/fault.ts';
import { firstPrevious, leafHashOf } from '../../core/ledger.ts';
import { entryText } from '../entry-text.ts';
import { integer, readStoredEntry } from './rows.ts';

/**
 * Verifies the last entry alone: that the ledger reaches as far as it once did, and that the entry is what was hashed
 * and follows the one before. The rest is `verifyLedger`'s. Reads only what every schema has. Throws `store.broken`.
 */
export function verifyEnd(database: DatabaseSync): void {
  const lastTwo = database.prepare('SELECT * FROM entry ORDER BY sequence DESC LIMIT 2').all();
  const [last, before] = lastTwo.map(readStoredEntry);
  const sequence = last?.sequence ?? 0;
  const mark = integer(database.prepare('SELECT sequence FROM projection_mark').get(), 'sequence');
  if (mark > sequence) throw brokenAt(sequence + 1, `entries up to ${mark} are missing`);
  if (last === undefined) return;
  const { storedHash, ...members } = last;
  if (leafHashOf(entryText(members)) !== storedHash) throw brokenAt(sequence, 'it was altered');
  const prev = before?.storedHash ?? firstPrevious;
  if (last.prev !== prev) throw brokenAt(sequence, 'it does not continue the entry before');
}

/** What an operator is told of an entry that is not what it must be. */
export function brokenAt(sequence: number, problem: string): Fault {
  return new Fault('store.broken', `The ledger does not verify at entry ${sequence}: ${problem}.`, {
    facts: { sequence },
    next: 'Keep a copy of the data folder, run `dray ledger verify` on it, and restore the last backup.',
  });
}
