import type { Digest } from '../core/hash.ts';
import type { Checkpoint } from '../core/tree/checkpoint.ts';
import type { DeploymentRow, Head } from '../port/store.ts';

/** What the ledger knows of its generations. */
export interface Fence {
  /** What the last recovery added; 0 before the first. Objects with a lower generation may be of what was lost. */
  readonly base: number;
  /** No driver was ever granted a higher generation. */
  readonly highest: number;
}

/** How what an engine holds of one component stands to the ledger. */
export type RecoveryFindingKind =
  | 'unknown-deployment' // written by a deployment that the ledger does not know
  | 'newer' // bears a generation that the ledger never granted
  | 'differs' // another workload than the ledger has there
  | 'not-recorded' // the ledger has nothing there
  | 'missing'; // the ledger has something there, and the engine does not

/** One component of which the engine holds something else than the ledger says. */
export interface RecoveryFinding {
  readonly kind: RecoveryFindingKind;
  readonly environment: string;
  readonly cluster: string;
  readonly service: string;
  readonly component: string;
  /** What the engine says of it; null where it has no object. */
  readonly release: string | null;
  readonly deployment: string | null;
  readonly generation: number;
}

/** What a recovery would give up, as far as it can be known, and what it would change. */
export interface RecoveryReport {
  /** Why one is needed; null when none is. */
  readonly reason: string | null;
  readonly head: Head;
  /** The checkpoint that was published of a ledger, when this one does not fit it. */
  readonly signed: Checkpoint | null;
  readonly fence: Fence;
  /** The highest generation that an engine's object bears. */
  readonly highestSeen: number;
  /** By cluster, environment and name; at most 1,000. */
  readonly findings: readonly RecoveryFinding[];
  /** How many there are. */
  readonly findingCount: number;
  /** Places that do not answer or were not seen in full: what they run is not known. */
  readonly unseen: readonly { readonly cluster: string; readonly environment: string; readonly trouble: string }[];
  /** Deployments that a recovery ends: what they were carried out on may have changed since. */
  readonly unfinished: readonly DeploymentRow[];
  /** What whoever confirms has seen: of all above but the words of troubles. Null when none is needed. */
  readonly confirm: Digest | null;
}

/** What a recovery did. */
export interface Recovered {
  /** Of the entry that records it. */
  readonly sequence: number;
  /** Every later generation is above it. */
  readonly generationBase: number;
  /** The verifier key that signs from now on; its name is the ledger's new origin. */
  readonly key: string;
  /** Deployments that were ended. */
  readonly ended: readonly string[];
}
