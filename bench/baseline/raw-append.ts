import { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { canonical } from '../../core/canonical.ts';
import { firstPrevious, toPayload } from '../../core/ledger.ts';
import { inputOf, tell } from '../support/child.ts';
import { batchesOf } from '../support/batches.ts';

/** Inserts the same entries as plain rows of the same bytes, one durable transaction a batch; how long that took. */
const given = inputOf((value) => z.object({ database: z.string(), batches: z.int(), warmUp: z.int() }).parse(value));

const batches = batchesOf(given.batches).map((appends) =>
  appends.flatMap(({ stream, entries }) =>
    entries.map(({ actor, event }) =>
      canonical({
        actor,
        hash: firstPrevious,
        kind: event.kind,
        payload: toPayload(event),
        prev: firstPrevious,
        sequence: 1_000_000,
        stream,
        time: 1_790_000_000_000,
        v: 1,
      }),
    ),
  ),
);
const database = new DatabaseSync(given.database);
database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
database.exec('CREATE TABLE entry (sequence INTEGER PRIMARY KEY, text TEXT NOT NULL)');
const insert = database.prepare('INSERT INTO entry (text) VALUES (?)');

function append(batch: readonly string[]): void {
  database.exec('BEGIN IMMEDIATE');
  for (const text of batch) insert.run(text);
  database.exec('COMMIT');
}

for (const batch of batches.slice(0, given.warmUp)) append(batch);
const beganMs = performance.now();
for (const batch of batches.slice(given.warmUp)) append(batch);
const ms = performance.now() - beganMs;
const sums = database.prepare('SELECT count(*) AS entries, sum(length(text)) AS bytes FROM entry').get();
database.close();
tell({ ms, ...sums });
