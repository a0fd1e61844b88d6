import { randomBytes } from 'node:crypto';
import { sha256, type Digest } from '../core/hash.ts';
import type { Clock } from '../port/clock.ts';
import type { Actor } from './api.ts';

/** Codes that sign a browser in once. They live in memory alone: a restart forgets them. */
export interface SignInCodes {
  create(actor: Actor): { readonly code: string; readonly expiresAt: number };
  /** Who made the code, and the code is gone; null when it is unknown, used or expired. */
  take(code: string): Actor | null;
}

const livesMs = 15 * 60_000;
const outstandingMost = 1_000;

/**
 * 256 random bits, good for 15 minutes and one use. Codes are kept and looked up by their SHA-256, so that the time a
 * look-up takes tells nothing about them. Of more than 1,000 outstanding ones the oldest goes.
 */
export function createSignInCodes(clock: Clock): SignInCodes {
  const outstanding = new Map<Digest, { readonly actor: Actor; readonly endsAt: number }>();
  return {
    create(actor) {
      const code = randomBytes(32).toString('base64url');
      outstanding.set(sha256(code), { actor, endsAt: clock.monotonic() + livesMs });
      const [oldest] = outstanding.keys();
      if (outstanding.size > outstandingMost && oldest !== undefined) outstanding.delete(oldest);
      return { code, expiresAt: clock.now() + livesMs };
    },
    take(code) {
      const hash = sha256(code);
      const found = outstanding.get(hash);
      outstanding.delete(hash);
      return found === undefined || found.endsAt <= clock.monotonic() ? null : found.actor;
    },
  };
}
