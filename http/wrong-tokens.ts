import { Fault } from '../core/fault.ts';
import { sha256, type Digest } from '../core/hash.ts';

/** Slows down whoever tries tokens, session cookies or the codes of sign-in links. */
export interface WrongTokens {
  /** Throws `auth.too-many-tries` when the address has had too many wrong ones, unless this secret was right lately. */
  admit(address: string, secret: string): void;
  /** Notes how it ended. */
  record(address: string, secret: string, wasRight: boolean): void;
}

interface Tries {
  readonly left: number;
  readonly atMs: number;
}

const triesMost = 20;
const refillMs = 3_000; // one more try every three seconds
const addressesMost = 10_000;
const rightOnesMost = 1_000;
const wrongOnesMost = 10_000;

/**
 * Allows each address 20 wrong secrets at once and 20 a minute after that. The same wrong secret again is no other
 * guess and does not count: a page left open with a session that has ended locks nobody out. Nor does a guesser next
 * door: a secret that was right before passes even from an address that is held back; the app still decides on it.
 * Memory is bounded: beyond 10,000 addresses the one that was quiet for longest is forgotten.
 */
export function createWrongTokens(now: () => number): WrongTokens {
  const byAddress = new Map<string, Tries>();
  const rightOnes = new Map<Digest, true>();
  const wrongOnes = new Map<Digest, true>();
  const triesOf = (address: string): Tries => {
    const known = byAddress.get(address);
    if (known === undefined) return { left: triesMost, atMs: now() };
    const refilled = Math.max(0, Math.floor((now() - known.atMs) / refillMs));
    return { left: Math.min(triesMost, known.left + refilled), atMs: known.atMs + refilled * refillMs };
  };
  return {
    admit(address, secret) {
      const { left, atMs } = triesOf(address);
      if (left > 0 || rightOnes.has(sha256(secret)) || wrongOnes.has(guess(address, secret))) return;
      throw new Fault('auth.too-many-tries', 'Too many wrong tokens or sign-in links came from this address.', {
        facts: { address },
        next: 'Check DRAYAGE_TOKEN or ask for a new sign-in link, and try again in a minute.',
        retryAfterMs: Math.max(1, atMs + refillMs - now()),
      });
    },
    record(address, secret, wasRight) {
      if (wasRight) return remember(rightOnes, sha256(secret), true, rightOnesMost);
      rightOnes.delete(sha256(secret));
      const isOld = wrongOnes.has(guess(address, secret));
      remember(wrongOnes, guess(address, secret), true, wrongOnesMost);
      if (isOld) return;
      const { left, atMs } = triesOf(address);
      remember(
        byAddress,
        address,
        { left: Math.max(0, left - 1), atMs: left === triesMost ? now() : atMs },
        addressesMost,
      );
    },
  };
}

function guess(address: string, secret: string): Digest {
  return sha256(`${address} ${secret}`);
}

/** Puts an entry at the young end of a map, and drops the oldest one beyond the limit. */
function remember<K, V>(map: Map<K, V>, key: K, value: V, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= most) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
