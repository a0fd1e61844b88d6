import type { SecretSource } from '../core/platform.ts';
import type { SecretPlace } from '../port/secrets.ts';
import type { SecretVersionRow } from '../port/store.ts';
import type { Receipt } from './ledger-api.ts';
import type { SecretUse } from './secrets/uses.ts';

export interface SecretInput {
  readonly environment: string;
  readonly secret: string;
  readonly value: Uint8Array;
  /** The newest version that the caller knew, 0 for none; null: whatever it is. */
  readonly base: number | null;
}

/** A version that was just recorded. */
export interface SecretChange {
  readonly environment: string;
  readonly secret: string;
  readonly version: number;
  readonly receipt: Receipt;
}

/** A version that was just erased, or before. */
export interface SecretRevocation extends SecretChange {
  /** Services that have it all the same, or are about to get it; sorted. */
  readonly usedBy: readonly string[];
}

export interface SecretKeyChange {
  readonly key: string;
  /** How many versions are sealed under it now. */
  readonly versions: number;
}

/** A secret of an environment with its versions; none for one that is kept elsewhere. */
export interface ListedSecret {
  readonly secret: string;
  /** Where it is kept: `drayage`, or a source of the platform document. */
  readonly from: 'drayage' | SecretSource['kind'];
  readonly versions: readonly SecretVersionRow[];
  /** By version: who has it. */
  readonly uses: readonly SecretUse[];
}

/** What a server offers of secrets: values go in, and never come out. */
export interface SecretUses<Actor> {
  /** By name; `environment.unknown`. */
  secrets(environment: string, signal: AbortSignal): Promise<readonly ListedSecret[]>;
  /** See `KeptSecrets`. */
  setSecret(actor: Actor, input: SecretInput, signal: AbortSignal): Promise<SecretChange>;
  revokeSecret(actor: Actor, of: SecretPlace, signal: AbortSignal): Promise<SecretRevocation>;
  rotateSecretKey(actor: Actor, signal: AbortSignal): Promise<SecretKeyChange>;
}
