import type { DatabaseSync } from 'node:sqlite';
import { integer, storedEntryColumns } from './rows.ts';

/** A stream as far as it is folded: by its first entry, and how many it has. */
export interface StreamHead {
  readonly first: number;
  readonly version: number;
}

/** Which entries each stream has, in the caller's transaction (migrations/sqlite/012-streams.sql). */
export interface StreamKeeper {
  /** Null where the stream has none. */
  head(stream: string): StreamHead | null;
  /** The stream, whose head is `before`, has grown by `count` entries, one after the other from `sequence` on. */
  extend(stream: string, before: StreamHead | null, sequence: number, count: number): void;
  /** Folds the entries above `from` up to `to`, of all streams at once. */
  fold(from: number, to: number): void;
}

/** The columns of an entry; without a table's name, so that `sequence` is that by which a stream is read and nothing is sorted. */
export const entryColumns = storedEntryColumns.join(', ');

/** Where the entries of one stream are, for a statement that goes on with `AND ...`. */
export function entriesOf(stream: '?' | '$stream'): string {
  return `stream_entry CROSS JOIN entry USING (sequence)
    WHERE first = (SELECT first FROM stream_head WHERE stream_head.stream = ${stream})`;
}

export function createStreamKeeper(database: DatabaseSync): StreamKeeper {
  const head = database.prepare('SELECT first, version FROM stream_head WHERE stream = ?');
  const begin = database.prepare('INSERT INTO stream_head (first, stream, version) VALUES (?, ?, ?)');
  const advance = database.prepare('UPDATE stream_head SET version = ? WHERE first = ?');
  const list = database.prepare('INSERT INTO stream_entry (first, sequence) VALUES (?, ?)');
  const listRun = database.prepare(`WITH RECURSIVE run (sequence) AS
      (VALUES (?) UNION ALL SELECT sequence + 1 FROM run WHERE sequence < ?)
    INSERT INTO stream_entry (first, sequence) SELECT ?, sequence FROM run`);
  const foldHeads = database.prepare(`INSERT INTO stream_head (first, stream, version)
    SELECT min(sequence), stream, count(*) FROM entry WHERE sequence > ? AND sequence <= ?
    GROUP BY stream ORDER BY min(sequence)
    ON CONFLICT (stream) DO UPDATE SET version = version + excluded.version`);
  const foldEntries = database.prepare(`INSERT INTO stream_entry (first, sequence)
    SELECT first, sequence FROM entry CROSS JOIN stream_head USING (stream) WHERE sequence > ? AND sequence <= ?`);
  return {
    head(stream) {
      const row = head.get(stream);
      return row === undefined ? null : { first: integer(row, 'first'), version: integer(row, 'version') };
    },
    extend(stream, before, sequence, count) {
      const first = before?.first ?? sequence;
      if (before === null) begin.run(first, stream, count);
      else advance.run(before.version + count, first);
      if (count === 1) list.run(first, sequence);
      else listRun.run(sequence, sequence + count - 1, first);
    },
    fold(from, to) {
      foldHeads.run(from, to);
      foldEntries.run(from, to);
    },
  };
}
