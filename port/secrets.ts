import type { SecretSource } from '../core/platform.ts';

/** Values that must neither be stored nor shown, as far as this process has come to know them. */
export interface KnownSecrets {
  /** The same list as long as none was added. */
  values(): readonly string[];
}

/** Where a sealed value belongs: it opens nowhere else. */
export interface SecretPlace {
  readonly environment: string;
  readonly secret: string;
  readonly version: number;
}

/** A value as it may be stored: neither part tells anything without the key file. */
export interface SealedSecret {
  /** The value under a key of its own. */
  readonly sealed: Uint8Array;
  /** That key under a master key. */
  readonly wrapped: Uint8Array;
}

/**
 * The keys that seal secrets, outside the database. Rejects with `secret.key-missing` when there is none and it must not
 * be made, `secret.key-exposed`, `secret.key-wrong`, `secret.broken` for sealed bytes that are not what they were.
 */
export interface SecretBox {
  /** The id of the master key that wraps now; makes the key file when it is not there and `mayMake`. */
  key(mayMake: boolean, signal: AbortSignal): Promise<string>;
  seal(place: SecretPlace, value: Uint8Array, signal: AbortSignal): Promise<SealedSecret>;
  open(place: SecretPlace, sealed: SealedSecret, signal: AbortSignal): Promise<Uint8Array>;
  /** The same value's key under the master key that wraps now. */
  rewrap(place: SecretPlace, wrapped: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
  /** Identity of a value at a place: HMAC under a key that never changes, 32 hexadecimal digits. */
  identify(place: readonly string[], value: Uint8Array, signal: AbortSignal): Promise<string>;
  /** Puts a new master key in force, or goes on with one that was: those before stay for what they wrapped. */
  addKey(signal: AbortSignal): Promise<string>;
  /** Forgets all master keys but the one that wraps now. */
  dropOldKeys(signal: AbortSignal): Promise<void>;
}

/** A value as a source outside gives it. */
export interface SourcedSecret {
  readonly value: Uint8Array;
  /** The source's own number of it; null where it has none. */
  readonly version: string | null;
}

/**
 * Secrets that are kept elsewhere. Rejects with `secret.unreachable` when the source does not answer, `secret.unknown`
 * when it has no such secret, `secret.denied` when it will not give it, `secret.broken` when it is not what it should be.
 */
export interface SecretSources {
  /** The version that is asked for, else the newest; a source without versions has only that. */
  read(source: SecretSource, version: string | null, signal: AbortSignal): Promise<SourcedSecret>;
}
