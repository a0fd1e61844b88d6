import assert from 'node:assert/strict';
import { leafHash } from '../../../core/ledger.ts';
import { byTester, lease, soon } from '../../testing/samples.ts';
import { openStore } from './folder.ts';

/** Appends without end from 32 callers and writes a line for each entry that was acknowledged. To be killed. */
const directory = process.argv[2];
assert(directory !== undefined, 'usage: append-forever.ts DIRECTORY');
const store = await openStore(directory);
const run = String((await store.head(soon())).sequence);

async function appendForever(caller: number): Promise<void> {
  const stream = `run-${run}/${caller}`;
  for (let version = 0; ; version += 1) {
    const entries = byTester(lease(`${caller}.${version}`));
    const appended = await store.append({ appends: [{ stream, expectedVersion: version, entries }] }, soon());
    for (const entry of appended.entries) process.stdout.write(`${entry.sequence} ${leafHash(entry)}\n`);
  }
}

await Promise.all(Array.from({ length: 32 }, (_, caller) => appendForever(caller)));
