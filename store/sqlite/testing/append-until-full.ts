import assert from 'node:assert/strict';
import { once } from 'node:events';
import { isFault } from '../../../core/fault.ts';
import type { Store } from '../../../port/store.ts';
import { byTester, lease, soon } from '../../testing/samples.ts';
import { openStore } from './folder.ts';

/**
 * Appends until the database cannot grow, says so on standard output, waits for a line on standard input (room was
 * made), appends twenty more and closes. The lines: `full SEQUENCE CODE`, then `done SEQUENCE`.
 */
const directory = process.argv[2];
assert(directory !== undefined, 'usage: append-until-full.ts DIRECTORY');

async function appendUntilRefused(store: Store): Promise<string> {
  for (let number = 0; number < 10_000; number += 1) {
    const settled = await Promise.allSettled(
      Array.from({ length: 8 }, (_, caller) => {
        const entries = byTester(lease('x'.repeat(10_000)));
        return store.append({ appends: [{ stream: `s/${number}/${caller}`, expectedVersion: 0, entries }] }, soon());
      }),
    );
    const refused = settled.find((result) => result.status === 'rejected');
    if (refused === undefined) continue;
    assert(
      settled.every((result) => result.status === 'rejected'),
      'of one transaction all or nothing is acknowledged',
    );
    return isFault(refused.reason) ? refused.reason.code : String(refused.reason);
  }
  return 'never full';
}

const store = await openStore(directory);
const code = await appendUntilRefused(store);
process.stdout.write(`full ${(await store.head(soon())).sequence} ${code}\n`);
await once(process.stdin, 'data');
process.stdin.destroy();
for (let version = 0; version < 20; version += 1) {
  await store.append(
    { appends: [{ stream: 'after', expectedVersion: version, entries: byTester(lease('y')) }] },
    soon(),
  );
}
process.stdout.write(`done ${(await store.head(soon())).sequence}\n`);
await store.close();
