import { isFault, type Fault } from '../core/fault.ts';
import type { Clock } from '../port/clock.ts';
import type { Checkpoints } from './checkpoints.ts';
import { settledWithin } from './drive/sights.ts';
import { takeFreeLease, type HeldLease, type LeaseParts } from './lease.ts';
import type { Looks } from './looks.ts';
import type { Recorded } from './recorded.ts';
import type { Recovery } from './recovery.ts';

/** How long the start waits for its looks at the clusters, in ms: those that answer later are judged then. */
const firstLookMs = 3_000;

/** Why the ledger does not fit what was signed of it; null when it does, and before that is known. */
export function behindOf(checkpoints: Pick<Checkpoints, 'state'> | null): Fault | null {
  const state = checkpoints?.state();
  return state?.kind === 'behind' ? state.fault : null;
}

/** What everybody is told while the ledger has to be recovered; null while it need not. */
export function readOnlyBecause(need: Fault | null): { readonly reason: string; readonly next: string } | null {
  return need === null ? null : { reason: need.message, next: need.next ?? 'Recover it: dray recover.' };
}

/**
 * Looks at every environment on its clusters before anything is driven: each look is judged, and what a restored ledger
 * holds unfinished is not carried out over what came after it.
 */
export async function lookAtAll(
  { recorded, looks, clock }: { readonly recorded: Recorded; readonly looks: Looks; readonly clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  const { environments } = await recorded.current();
  const all = [...environments.values()].flatMap(({ name, definition }) =>
    definition.clusters.map((cluster) => looks.look(cluster, name)),
  );
  await settledWithin(clock, Promise.allSettled(all), firstLookMs, signal);
}

/** The lease, if it is free and the ledger may be driven by; null otherwise. */
export async function leaseUnlessNeeded(
  recovery: Pick<Recovery, 'need'>,
  parts: LeaseParts,
  signal: AbortSignal,
): Promise<HeldLease | null> {
  if (recovery.need() !== null) return null;
  try {
    return await takeFreeLease(parts, signal);
  } catch (error) {
    if (isFault(error, 'recovery.needed')) return null;
    throw error;
  }
}
