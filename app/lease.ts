import { leafHash, firstPrevious } from '../core/ledger.ts';
import { isFault } from '../core/fault.ts';
import type { Clock } from '../port/clock.ts';
import type { LeaseRow, Store } from '../port/store.ts';
import { retryOnConflict } from './append.ts';

/** How long a lease holds after its last renewal, in ms: whoever takes over has seen it unrenewed for so long. */
export const leaseMs = 30_000;

/** How often a lease is renewed, in ms. */
const renewEveryMs = 5_000;

/** How often whoever waits looks at the lease, in ms. */
const lookEveryMs = 2_000;

/** How long one call of the store may take, in ms. */
const storeMs = 4_000;

/** The right to drive, while it lasts. */
export interface HeldLease {
  /** Ledger sequence of this grant: fences every write to an engine. */
  readonly generation: number;
  /** For how long from now nobody else can have taken over, in ms; 0 when somebody may have. */
  leftMs(): number;
  /** Renews until it cannot be renewed any more, or the signal aborts. Never rejects. */
  keep(signal: AbortSignal): Promise<void>;
}

export interface LeaseParts {
  readonly store: Store;
  readonly clock: Clock;
  /** Names this server among all that ever drove. */
  readonly driver: string;
  /** Changes whenever every lease that was granted before is over; absent: never. */
  readonly era?: () => number;
}

/**
 * Takes the lease when it is free: nobody ever held it, or the store is open in this process alone, so that the driver
 * before is gone. Null when another server may be driving.
 */
export async function takeFreeLease(parts: LeaseParts, signal: AbortSignal): Promise<HeldLease | null> {
  const { store, clock } = parts;
  return await retryOnConflict(async () => {
    const seen = await store.lease(signal);
    if (seen !== null && !store.exclusive) return null;
    const beganMs = clock.monotonic();
    return held(parts, await store.grantLease(parts.driver, seen, signal), beganMs);
  });
}

/**
 * Waits until the holder is gone, and takes over. A holder counts its time from before it asked for a renewal; who waits
 * counts from after it has seen that renewal, by its own monotonic clock: no two clocks are compared, and of two who
 * wait the store grants to one. Of a store that is open in this process alone nobody else is the holder. Rejects when the signal aborts; what the store refuses is tried again.
 */
export async function awaitLease(parts: LeaseParts, signal: AbortSignal): Promise<HeldLease> {
  const { store, clock } = parts;
  const watch: { seen: { readonly row: LeaseRow | null; readonly sinceMs: number } | null } = { seen: null };
  for (;;) {
    try {
      const row = await store.lease(deadline(clock, signal));
      const seen = isSameLease(watch.seen?.row, row) ? watch.seen : null;
      watch.seen = seen ?? { row, sinceMs: clock.monotonic() };
      if (row === null || store.exclusive || clock.monotonic() - watch.seen.sinceMs > leaseMs) {
        const beganMs = clock.monotonic();
        return held(parts, await store.grantLease(parts.driver, row, deadline(clock, signal)), beganMs);
      }
    } catch (error) {
      signal.throwIfAborted();
      // Time in which the store did not answer shows nothing of the holder.
      if (!isFault(error, 'store.conflict')) watch.seen = null;
    }
    await clock.sleep(lookEveryMs, signal);
  }
}

function isSameLease(a: LeaseRow | null | undefined, b: LeaseRow | null): boolean {
  return a?.generation === b?.generation && a?.renewals === b?.renewals;
}

function held({ store, clock, era = () => 0 }: LeaseParts, granted: LeaseRow, beganMs: number): HeldLease {
  let [row, renewedMs, isLost] = [granted, beganMs, false];
  const since = era();
  const leftMs = () => {
    if (era() !== since) return 0;
    if (store.exclusive) return Infinity;
    return isLost ? 0 : Math.max(0, renewedMs + leaseMs - clock.monotonic());
  };
  return {
    generation: granted.generation,
    leftMs,
    async keep(signal) {
      while (leftMs() > 0 && !signal.aborted) {
        await clock.sleep(renewEveryMs, signal).catch(() => undefined);
        if (signal.aborted || store.exclusive) continue;
        const askedMs = clock.monotonic();
        try {
          row = await store.renewLease(row, deadline(clock, signal));
          renewedMs = askedMs;
        } catch (error) {
          // Whatever else went wrong, the lease is over when nothing renewed it in time.
          isLost ||= isFault(error, 'lease.lost');
        }
      }
    },
  };
}

function deadline(clock: Clock, signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, clock.timeout(storeMs)]);
}

/** Id of the installation: it is the ledger's, taken from its first entry, and outlives every server. */
export async function installationOf(store: Store, signal: AbortSignal): Promise<string> {
  const [first] = await store.entries(0, 1, signal);
  return (first === undefined ? firstPrevious : leafHash(first)).slice(0, 16);
}
