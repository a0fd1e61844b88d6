import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../../port/clock.ts';
import type { Store } from '../../../port/store.ts';
import { soon } from '../../testing/samples.ts';
import { projectionTables } from '../projections.ts';
import { openSqliteStore } from '../store.ts';

/** The machine's own time. */
export const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  timeout: (ms) => AbortSignal.timeout(ms),
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, { signal });
  },
};

export function openStore(directory: string): Promise<Store> {
  return openSqliteStore({ directory, clock, signal: soon() });
}

/** A new folder under the system's temporary one. */
export function makeFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'drayage-store-'));
}

/** A folder that is removed when the test ends. */
export async function folderFor(t: TestContext): Promise<string> {
  const directory = await makeFolder();
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Does something to the database behind the store's back; the store must be closed. */
export function tamper<T>(directory: string, change: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(join(directory, 'ledger.db'));
  try {
    return change(database);
  } finally {
    database.close();
  }
}

/** Every row of every projection, and the mark, as they lie in the database. */
export function dumpProjections(directory: string): Record<string, unknown> {
  const tables = [...projectionTables, 'projection_mark'];
  return tamper(directory, (database) =>
    Object.fromEntries(tables.map((table) => [table, database.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`).all()])),
  );
}
