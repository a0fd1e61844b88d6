import type { EngineDescription } from '../port/engine.ts';
import type { Head } from '../port/store.ts';

/** What the server knows of itself and of its clusters. */
export interface Diagnosis {
  readonly version: string;
  /** Why the ledger has to be recovered; null when it has not. */
  readonly recovery: string | null;
  readonly installation: string;
  readonly head: Head;
  readonly generation: number;
  readonly signing: {
    readonly state: 'signing' | 'behind' | 'key-changed' | 'failing';
    /** The verifier key of what is signed now. */
    readonly key: string;
    /** Entries that the newest checkpoint covers. */
    readonly size: number;
    /** Why nothing is signed; null when it is. */
    readonly trouble: string | null;
  };
  readonly platform: { readonly revision: number; readonly refused: string | null } | null;
  readonly clusters: readonly {
    readonly cluster: string;
    readonly engine: 'swarm' | 'simulated';
    /** Null when it does not answer; then `trouble` says why. */
    readonly description: EngineDescription | null;
    readonly trouble: string | null;
  }[];
}
