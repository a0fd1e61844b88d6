import { Fault } from '../core/fault.ts';
import { readEvent } from '../core/ledger.ts';
import type { SeenWorkload, Sighting } from '../core/sighting.ts';
import { spotName } from '../core/workload.ts';
import type { Logger } from '../port/logger.ts';
import type { Store } from '../port/store.ts';
import { guardStore } from './guarded-store.ts';
import type { Fence } from './recovery-api.ts';
import { ledgerStream } from './signing-keys.ts';

/**
 * Tells a ledger that was restored from a backup: one that is behind what was signed of it or what engines bear. As long
 * as it is not recovered it can be read, and nothing else: nothing is recorded, signed or driven.
 */
export interface Recovery {
  /** `recovery.needed` with the reason that was found first; null when all is well. */
  need(): Fault | null;
  /** Throws what is needed. */
  check(): void;
  /** Compares what was seen of a cluster with the ledger. Rejects with the store's Fault. */
  judge(sighting: Sighting, signal: AbortSignal): Promise<void>;
  /** The same store, which refuses to append and to grant the lease as long as there is a need. */
  readonly guarded: Store;
  /** Changes whenever every lease that was granted before is over. */
  era(): number;
  /** What the ledger has granted by now. Rejects with the store's Fault. */
  fence(signal: AbortSignal): Promise<Fence>;
  /** The ledger was recovered: what was found before counts no more. */
  recovered(signal: AbortSignal): Promise<void>;
}

export interface RecoveryParts {
  readonly store: Store;
  readonly logger: Logger;
  /** Why the ledger does not fit what was signed of it; null when it does. */
  readonly behind: () => Fault | null;
}

/** Deployments that are known to be on the ledger are remembered, so many at most. */
const knownMost = 10_000;

export function createRecovery({ store, logger, behind }: RecoveryParts): Recovery {
  const known = new Set<string>();
  let fence: Fence = { base: 0, highest: 0 };
  let ahead: Fault | null = null;
  let era = 0;

  async function isKnown(deployment: string, signal: AbortSignal): Promise<boolean> {
    if (known.has(deployment)) return true;
    if ((await store.deployment(deployment, signal)) === null) return false;
    if (known.size >= knownMost) known.clear();
    known.add(deployment);
    return true;
  }
  const need = (): Fault | null => {
    const reason = ahead ?? behind();
    return reason === null ? null : neededBecause(reason);
  };
  return {
    need,
    check() {
      const fault = need();
      if (fault !== null) throw fault;
    },
    era: () => era,
    fence: (signal) => readFence(store, signal),
    guarded: guardStore(store, need),
    async judge(sighting, signal) {
      for (const seen of sighting.workloads) {
        if (ahead !== null) return;
        if ((await aheadOf(seen, fence)) === null) continue;
        // Read after the sighting: what was granted and accepted before any engine could bear it is on the ledger.
        fence = await readFence(store, signal);
        const found = await aheadOf(seen, fence);
        if (found === null) continue;
        ahead = found;
        era += 1;
        logger.error(found.message, { ...found.facts, environment: sighting.environment });
      }
      async function aheadOf(seen: SeenWorkload, { base, highest }: Fence): Promise<Fault | null> {
        if (seen.generation > highest) return aheadBy(seen, `generation ${seen.generation}, which it never granted`);
        if (seen.deployment === null || seen.generation <= base) return null;
        if (await isKnown(seen.deployment, signal)) return null;
        return aheadBy(seen, `the mark of ${seen.deployment}, a deployment that it does not know`);
      }
    },
    async recovered(signal) {
      fence = await readFence(store, signal);
      ahead = null;
      era += 1;
    },
  };
}

function aheadBy(seen: SeenWorkload, what: string): Fault {
  const { cluster, generation, deployment } = seen;
  return new Fault('ledger.behind-engine', `The ledger is behind its engines: ${spotName(seen)} bears ${what}.`, {
    facts: { cluster, object: spotName(seen), generation, deployment },
  });
}

/** What whoever wants to change something is told. */
function neededBecause(reason: Fault): Fault {
  return new Fault(
    'recovery.needed',
    `${reason.message} Nothing is recorded, signed or written to an engine until the ledger is recovered.`,
    {
      facts: { ...reason.facts, reason: reason.code },
      next: 'Put back the newest copy of the data folder; or, if there is none, go on with this ledger: dray recover.',
      cause: reason,
    },
  );
}

async function readFence(store: Store, signal: AbortSignal): Promise<Fence> {
  const lease = await store.lease(signal);
  const base = await lastBase(store, signal);
  return { base, highest: Math.max(base, lease?.generation ?? 0) };
}

async function lastBase(store: Store, signal: AbortSignal): Promise<number> {
  const filter = { stream: ledgerStream, kind: 'ledger-recovered' } as const;
  for (let before: number | null = null; ;) {
    const page = await store.entriesBefore(before, 1, filter, signal);
    const [newest] = page.entries;
    const event = newest === undefined ? null : readEvent(newest);
    if (event?.kind === 'ledger-recovered') return event.generationBase;
    if (page.next === null) return 0;
    before = page.next;
  }
}
