import { isFault } from '../core/fault.ts';
import type { Sighting } from '../core/sighting.ts';
import type { Clock } from '../port/clock.ts';
import type { Clusters } from './clusters.ts';

/** What a look gave: a sighting, which may be incomplete, or why there is none. */
export type Look =
  { readonly kind: 'seen'; readonly sighting: Sighting } | { readonly kind: 'blind'; readonly message: string };

/** Looks at clusters. All who ask for the same environment at the same time share one look that began after they asked. */
export interface Looks {
  look(cluster: string, environment: string): Promise<Look>;
  /** The newest complete look and when it began; null before the first. */
  last(cluster: string, environment: string): Sighting | null;
}

/** How long one look may take, in ms. */
export const lookDeadlineMs = 10_000;

interface Desk {
  underWay: Promise<Look> | null;
  next: Promise<Look> | null;
  last: Sighting | null;
}

export function createLooks(clusters: Clusters, installation: string, clock: Clock): Looks {
  const desks = new Map<string, Desk>();
  function deskFor(cluster: string, environment: string): Desk {
    const key = `${cluster}/${environment}`;
    const desk = desks.get(key) ?? { underWay: null, next: null, last: null };
    desks.set(key, desk);
    return desk;
  }
  async function lookNow(cluster: string, environment: string, desk: Desk): Promise<Look> {
    const signal = AbortSignal.timeout(lookDeadlineMs);
    const startedAt = clock.now();
    try {
      const engine = await clusters.engine(cluster, signal);
      const sighting = await engine.observe({ installation, environment }, signal);
      if (sighting.complete) desk.last = { ...sighting, observedAtMs: startedAt };
      return { kind: 'seen', sighting };
    } catch (error) {
      if (!isFault(error) && !signal.aborted) throw error;
      return {
        kind: 'blind',
        message: isFault(error) ? error.message : `${cluster} did not answer within ${lookDeadlineMs / 1000} s`,
      };
    }
  }
  function begin(cluster: string, environment: string, desk: Desk): Promise<Look> {
    const look = lookNow(cluster, environment, desk).finally(() => {
      if (desk.underWay === look) desk.underWay = null;
    });
    desk.underWay = look;
    return look;
  }
  return {
    look(cluster, environment) {
      const desk = deskFor(cluster, environment);
      if (desk.underWay === null) return begin(cluster, environment, desk);
      desk.next ??= desk.underWay
        .catch(() => undefined)
        .then(() => {
          desk.next = null;
          return begin(cluster, environment, desk);
        });
      return desk.next;
    },
    last: (cluster, environment) => deskFor(cluster, environment).last,
  };
}
