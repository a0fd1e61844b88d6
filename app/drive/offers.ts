import { canonical } from '../../core/canonical.ts';
import { isFault } from '../../core/fault.ts';
import type { LoginOffer } from '../registry-logins.ts';
import type { RenewalParts } from './renewal.ts';

/**
 * How long a login of the Docker configuration is taken for the same, in ms: some helpers make a token anew each time they
 * are asked. Tokens that live for less than twice as long may end unrenewed.
 */
export const helperMs = 300_000;

/** How long what else there is is not asked for again, in ms: less than lies between two rounds. */
const askedMs = 15_000;

/** What engines are to have for an image now; null when nothing. */
export type AskOffer = (image: string, signal: AbortSignal) => Promise<LoginOffer | null>;

/** Asks once for all images of a registry, and keeps the answer for a while; and for as long what stood in the way. */
export function createOffers({ logins, clock }: Pick<RenewalParts, 'logins' | 'clock'>): AskOffer {
  const known = new Map<string, { readonly offer: Promise<LoginOffer | null>; readonly untilMs: number }>();
  return async (image, signal) => {
    const origin = await logins.origin(image, signal);
    if (origin === null || origin.credentials === 'none') return null;
    const nowMs = clock.monotonic();
    // What is over is not kept in memory: it may hold a password.
    for (const [key, { untilMs }] of known) if (untilMs <= nowMs) known.delete(key);
    const key = canonical([origin.registry, origin.credentials]);
    const before = known.get(key);
    if (before !== undefined) return await before.offer;
    const offer = logins.offer(image, signal);
    known.set(key, { offer, untilMs: nowMs + (origin.credentials === 'docker-config' ? helperMs : askedMs) });
    try {
      return await offer;
    } catch (error) {
      // What only took too long is asked again.
      if (!isFault(error)) known.delete(key);
      throw error;
    }
  };
}
