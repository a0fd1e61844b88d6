import type { DatabaseSync } from 'node:sqlite';
import { canonical } from '../../../core/canonical.ts';
import { leafHashOf } from '../../../core/ledger.ts';
import type { Digest } from '../../../core/hash.ts';
import type { Head } from '../../../port/store.ts';
import { entryText } from '../../entry-text.ts';

/** What an entry of a ledger that is made in bulk holds. */
export interface BulkEntry {
  readonly stream: string;
  readonly kind: string;
  readonly payload: object;
}

/**
 * Writes entries straight into a database, chained as they must be, in one transaction, and folds nothing of them: what
 * an opening then does with a ledger of millions. The new head.
 */
export function writeBulk(
  database: DatabaseSync,
  head: Head,
  count: number,
  make: (sequence: number) => BulkEntry,
): Head {
  const insert = database.prepare(`INSERT INTO entry
    (sequence, time, stream, kind, v, actor, payload, prev, hash) VALUES (?, ?, ?, ?, 1, 'bulk', ?, ?, ?)`);
  let prev: Digest = head.hash;
  const last = head.sequence + count;
  database.exec('BEGIN IMMEDIATE');
  for (let sequence = head.sequence + 1; sequence <= last; sequence += 1) {
    const { stream, kind, payload } = make(sequence);
    const payloadText = canonical(payload);
    const hash = leafHashOf(
      entryText({ sequence, time: sequence, stream, kind, v: 1, actor: 'bulk', payloadText, prev }),
    );
    insert.run(sequence, sequence, stream, kind, payloadText, prev, hash);
    prev = hash;
  }
  database.exec('COMMIT');
  return { sequence: last, hash: prev };
}
