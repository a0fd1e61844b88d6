import { leafHash, firstPrevious } from '../core/ledger.ts';
import type { Store } from '../port/store.ts';
import { by, retryOnConflict, self, streams } from './append.ts';

export interface Lease {
  /** Ledger sequence of this grant: fences every write to an engine. */
  readonly generation: number;
  /** Id of the installation: it is the ledger's, taken from its first entry, and outlives every server. */
  readonly installation: string;
}

/**
 * Takes over the driving. The embedded store is open in one process at a time, so the driver before is gone; what it
 * still had on the wire is caught by the versions and generations that every write carries.
 */
export async function takeLease(store: Store, driver: string, signal: AbortSignal): Promise<Lease> {
  const generation = await retryOnConflict(async () => {
    const version = await store.version(streams.lease, signal);
    const entries = by(self, [{ kind: 'lease-granted', driver }]);
    const appended = await store.append(
      { appends: [{ stream: streams.lease, expectedVersion: version, entries }] },
      signal,
    );
    return appended.entries[0]?.sequence ?? 0;
  });
  const [first] = await store.entries(0, 1, signal);
  return { generation, installation: (first === undefined ? firstPrevious : leafHash(first)).slice(0, 16) };
}
