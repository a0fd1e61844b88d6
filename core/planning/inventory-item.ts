import type { Digest } from '../hash.ts';
import type { Spot, Target } from '../workload.ts';

/** What one spot runs by the ledger. */
export interface InventoryItem {
  readonly spot: Spot;
  readonly digest: Digest;
  readonly target: Target;
  /** False when it is not known whether the engine runs it. */
  readonly settled: boolean;
}
