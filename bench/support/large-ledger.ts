import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchContext } from '../../tool/bench/row.ts';
import { runScript } from './child.ts';

const fillMs = 1_200_000;

/**
 * The data folder of a ledger of at least so many entries. It takes minutes to make, so it is kept, and made anew when
 * anything changes that decides what it holds.
 */
export async function largeLedger({ root, kept, say }: BenchContext, entries: number): Promise<string> {
  const directory = join(kept, `ledger-${entries}-${fingerprint(root)}`);
  if (existsSync(directory)) return directory;
  say(`a ledger of ${entries} entries is made`);
  await mkdir(kept, { recursive: true });
  for (const name of readdirSync(kept)) {
    if (name.startsWith(`ledger-${entries}-`)) await rm(join(kept, name), { recursive: true, force: true });
  }
  const unfinished = `${directory}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await runScript('side/fill-ledger.ts', { directory: unfinished, entries }, fillMs);
  await rename(unfinished, directory);
  return directory;
}

function fingerprint(root: string): string {
  const hash = createHash('sha256');
  const migrations = join(root, 'migrations/sqlite');
  const files = ['core/ledger.ts', 'core/event.ts', 'core/canonical.ts', 'bench/support/story.ts', 'store/prepare.ts'];
  for (const file of files) hash.update(readFileSync(join(root, file)));
  for (const name of readdirSync(migrations).toSorted()) hash.update(readFileSync(join(migrations, name)));
  return hash.digest('hex').slice(0, 12);
}
