import { hash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { inputOf, tell } from '../support/child.ts';

/** Reads every row of a ledger's table in its order and hashes all of its columns once; how long that took. */
const given = inputOf((value) => z.object({ database: z.string() }).parse(value));

const beganMs = performance.now();
const database = new DatabaseSync(given.database, { readOnly: true });
const rows = database.prepare('SELECT * FROM entry ORDER BY sequence');
rows.setReturnArrays(true);
let entries = 0;
let last = '';
for (const row of rows.iterate() as Iterable<unknown>) {
  last = hash('sha256', (row as readonly unknown[]).join('\n'), 'hex');
  entries += 1;
}
database.close();
const ms = performance.now() - beganMs;
tell({ ms, entries, last });
