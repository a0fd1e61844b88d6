import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { Bench, BenchContext, Scenario, Side } from '../../tool/bench/row.ts';
import { runScript } from '../support/child.ts';
import { largeLedger } from '../support/large-ledger.ts';

const limitMs = 600_000;

/** The audit of a ledger against reading its rows. */
export function verifyScenario(): Scenario {
  return {
    rows: [
      {
        name: 'verify',
        ours: 'every entry of a ledger verified, as `dray ledger verify FILE` does it',
        theirs: 'the same rows read from the same file, each hashed once',
        unit: 'ms',
        bound: 'at most',
        limit: 1.5,
        aim: null,
        allowance: 0,
      },
    ],
    onEngine: false,
    warmsUp: true,
    repetitions: 1,
    prepare: async (context) => await prepare(context),
  };
}

async function prepare(context: BenchContext): Promise<Bench> {
  const directory = await largeLedger(context, context.isShort ? 5_000 : 1_000_000);
  const database = join(directory, 'ledger.db');
  const head = headOf(database);
  return {
    facts: [
      `a ledger of ${head.sequence} entries; one process for each measurement, timed from opening the file on`,
      'asserted: the verdict is whole and names the head that the file has; every row was read',
    ],
    measure: async (side) => ({ verify: await measure({ database, head }, side) }),
    close: async () => await Promise.resolve(),
  };
}

const headRow = z.object({ sequence: z.int(), hash: z.string() });
type HeadRow = z.infer<typeof headRow>;

function headOf(file: string): HeadRow {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return headRow.parse(database.prepare('SELECT sequence, hash FROM entry ORDER BY sequence DESC LIMIT 1').get());
  } finally {
    database.close();
  }
}

const verified = z.object({
  ms: z.number().positive(),
  verdict: z.looseObject({ kind: z.literal('whole'), entries: z.int(), head: z.string() }),
});
const read = z.object({ ms: z.number().positive(), entries: z.int() });

async function measure(
  { database, head }: { readonly database: string; readonly head: HeadRow },
  side: Side,
): Promise<number> {
  if (side === 'theirs') {
    const { ms, entries } = read.parse(await runScript('baseline/read-and-hash.ts', { database }, limitMs));
    assert.equal(entries, head.sequence, 'every row was read');
    return ms;
  }
  const said = verified.safeParse(await runScript('side/verify.ts', { database }, limitMs));
  assert.ok(said.success, `the ledger is not whole: ${said.error?.message}`);
  const { ms, verdict } = said.data;
  assert.deepEqual([verdict.entries, verdict.head], [head.sequence, head.hash], 'the verdict names the head');
  return ms;
}
