import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonical } from '../../core/canonical.ts';
import { erasableContentsOf } from '../../core/content.ts';
import type { DeploymentEvent } from '../../core/event.ts';
import { sha256 } from '../../core/hash.ts';
import { leafHash, readEvent, type LedgerEntry } from '../../core/ledger.ts';
import { fold } from '../../core/rollout/step.ts';
import type { Store } from '../../port/store.ts';
import { openSqliteStore } from '../../store/sqlite/store.ts';
import { clock, tamper } from '../../store/sqlite/testing/folder.ts';
import { allEntries, projections, soon } from '../../store/testing/samples.ts';

/** A ledger as some version of Drayage wrote it: its entries, and what of their contents is kept. */
export interface GoldenLedger {
  readonly entries: readonly LedgerEntry[];
  readonly contents: readonly Uint8Array[];
}

/** Reads `ledger.jsonl`, an export, and `contents.json`, if there is one: contents in base64. */
export function readGolden(folder: string): GoldenLedger {
  const lines = readFileSync(join(folder, 'ledger.jsonl'), 'utf8').trimEnd().split('\n');
  const entries = lines.map((line) => JSON.parse(line) as LedgerEntry);
  return { entries, contents: readContents(join(folder, 'contents.json')) };
}

function readContents(path: string): readonly Uint8Array[] {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as readonly string[]).map((text) => Buffer.from(text, 'base64'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Opens a store with this ledger in it, which folds it as it would an old data folder, and does something with it. */
export async function replay<T>(
  golden: GoldenLedger,
  work: (store: Store, directory: string) => Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'drayage-golden-'));
  try {
    await (await openSqliteStore({ directory, clock, signal: soon() })).close();
    tamper(directory, (database) => {
      const insert = database.prepare(`INSERT INTO entry
        (sequence, time, stream, kind, v, actor, payload, prev, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
      for (const entry of golden.entries) {
        const { sequence, time, stream, kind, v, actor, payload, prev } = entry;
        insert.run(sequence, time, stream, kind, v, actor, canonical(payload), prev, leafHash(entry));
      }
      const erasable = new Set(
        golden.entries.flatMap((entry) => erasableContentsOf(readEvent(entry))).map((it) => it.digest),
      );
      const keep = database.prepare('INSERT INTO blob (digest, bytes) VALUES (?, ?)');
      const keepErasable = database.prepare('INSERT INTO erasable_blob (digest, erased, bytes) VALUES (?, 0, ?)');
      for (const bytes of golden.contents)
        (erasable.has(sha256(bytes)) ? keepErasable : keep).run(sha256(bytes), bytes);
    });
    const store = await openSqliteStore({ directory, clock, signal: soon() });
    try {
      return await work(store, directory);
    } finally {
      await store.close();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** All that is made of a ledger: what the projections answer, the state of each deployment, every event as it reads now. */
export async function foldedState(store: Store): Promise<unknown> {
  const entries = await allEntries(store);
  const deployments = [...new Set(entries.map(({ stream }) => stream))].filter((name) =>
    name.startsWith('deployment/'),
  );
  const rollouts = await Promise.all(
    deployments.map(async (name) => {
      const events = (await store.stream(name, soon())).map((entry) => readEvent(entry) as DeploymentEvent);
      return [name, fold(events)] as const;
    }),
  );
  const state = {
    head: await store.head(soon()),
    projections: await projections(store),
    rollouts: Object.fromEntries(rollouts),
    events: entries.map(readEvent),
  };
  return JSON.parse(JSON.stringify(state));
}
