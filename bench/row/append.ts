import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { verifyLedgerFile } from '../../server.ts';
import type { Bench, BenchContext, Scenario, Side } from '../../tool/bench/row.ts';
import { batchEntries } from '../support/batches.ts';
import { runScript } from '../support/child.ts';

const limitMs = 300_000;
const told = z.object({ ms: z.number().positive(), entries: z.int() });

/** Appending to the ledger in batches against inserting the same bytes. */
export function appendScenario(): Scenario {
  return {
    rows: [
      {
        name: 'append',
        ours: `entries appended in batches of ${batchEntries} (checked, chained, in the Merkle tree, projected, durable)`,
        theirs: `the same bytes in rows of one table, ${batchEntries} in each durable transaction`,
        unit: 'per second',
        bound: 'at least',
        limit: 0.5,
        aim: null,
        allowance: 0,
      },
    ],
    onEngine: false,
    warmsUp: false,
    repetitions: 3,
    prepare: async (context) => await prepare(context),
  };
}

async function prepare(context: BenchContext): Promise<Bench> {
  const warmUp = context.isShort ? 4 : 20;
  const batches = warmUp + (context.isShort ? 20 : 200);
  const scratch = await mkdtemp(join(context.scratch, 'append-'));
  return {
    facts: [
      `${batches - warmUp} batches of ${batchEntries} entries, each one request to the store, one after the other; ${warmUp} before that to warm up`,
      'asserted: the ledger holds every entry and verifies from the first to the last; the table holds every row',
    ],
    measure: async (side) => ({ append: await measure({ scratch, batches, warmUp }, side, context.signal) }),
    close: async () => await rm(scratch, { recursive: true, force: true }),
  };
}

async function measure(
  { scratch, ...size }: { readonly scratch: string; readonly batches: number; readonly warmUp: number },
  side: Side,
  signal: AbortSignal,
): Promise<number> {
  const folder = await mkdtemp(join(scratch, `${side}-`));
  try {
    const said =
      side === 'ours'
        ? await runScript('side/append.ts', { directory: folder, ...size }, limitMs)
        : await runScript('baseline/raw-append.ts', { database: join(folder, 'raw.db'), ...size }, limitMs);
    const { ms, entries } = told.parse(said);
    assert.equal(entries, size.batches * batchEntries, 'every entry is there');
    if (side === 'ours') {
      const verdict = await verifyLedgerFile(join(folder, 'ledger.db'), signal);
      assert.equal(verdict.kind, 'whole', JSON.stringify(verdict));
    }
    return ((size.batches - size.warmUp) * batchEntries * 1_000) / ms;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
