import { isFault } from '../core/fault.ts';
import type { Sighting } from '../core/sighting.ts';
import type { Clock } from '../port/clock.ts';
import type { Clusters } from './clusters.ts';
import { createSharedRun } from './shared-run.ts';

/** What a look gave: a sighting, which may be incomplete, or why there is none. */
export type Look =
  { readonly kind: 'seen'; readonly sighting: Sighting } | { readonly kind: 'blind'; readonly message: string };

/** A look with its times, by the clock's monotonic time. */
export interface TimedLook {
  readonly look: Look;
  readonly beganMs: number;
  readonly tookMs: number;
}

/** A complete sighting with the time its look began, by the clock's monotonic time. */
export interface TimedSighting {
  readonly sighting: Sighting;
  readonly beganMs: number;
}

/** Looks at clusters, for all who want to know, and remembers the newest. */
export interface Looks {
  /** All who ask for the same environment at the same time share one look that began after they asked. */
  look(cluster: string, environment: string): Promise<Look>;
  /** The newest look when it began less than so many ms ago, also one still under way; else a new one. */
  recent(cluster: string, environment: string, maxAgeMs: number): Promise<Look>;
  /** The newest look that has ended, whatever it gave; null before the first. */
  newest(cluster: string, environment: string): TimedLook | null;
  /** The newest complete look; null before the first. */
  newestComplete(cluster: string, environment: string): TimedSighting | null;
  /** Forgets every place but these. */
  retain(places: readonly { readonly cluster: string; readonly environment: string }[]): void;
  /** Ends the looks under way, blind; every later one ends so too. */
  end(): void;
}

/** How long one look may take, in ms. */
export const lookDeadlineMs = 10_000;

/** What is known of one environment on one cluster. */
interface Desk {
  readonly look: () => Promise<Look>;
  /** The look under way; null when there is none. */
  underWay: { readonly look: Promise<Look>; readonly beganMs: number } | null;
  newest: TimedLook | null;
  newestComplete: TimedSighting | null;
}

/**
 * `judge` sees every sighting before anybody else does: a look that it rejects is blind, as one that the engine does not
 * answer.
 */
export function createLooks(
  clusters: Clusters,
  installation: string,
  clock: Clock,
  judge: (sighting: Sighting, signal: AbortSignal) => Promise<void> = async () => {},
): Looks {
  const ending = new AbortController();
  const desks = new Map<string, Desk>();

  async function observe(cluster: string, environment: string): Promise<Look> {
    const signal = AbortSignal.any([ending.signal, clock.timeout(lookDeadlineMs)]);
    try {
      const engine = await clusters.engine(cluster, signal);
      const sighting = await engine.observe({ installation, environment }, signal);
      await judge(sighting, signal);
      return { kind: 'seen', sighting };
    } catch (error) {
      if (isFault(error)) return { kind: 'blind', message: error.message };
      if (!signal.aborted) throw error;
      const silence = `${cluster} did not answer within ${lookDeadlineMs / 1000} s`;
      return { kind: 'blind', message: ending.signal.aborted ? 'the server is stopping' : silence };
    }
  }
  async function lookNow(cluster: string, environment: string, desk: Desk): Promise<Look> {
    const [beganAtMs, beganMs] = [clock.now(), clock.monotonic()];
    const observing = observe(cluster, environment);
    desk.underWay = { look: observing, beganMs };
    try {
      const look = await observing;
      desk.newest = { look, beganMs, tookMs: clock.monotonic() - beganMs };
      if (look.kind === 'seen' && look.sighting.complete)
        desk.newestComplete = { sighting: { ...look.sighting, observedAtMs: beganAtMs }, beganMs };
      return look;
    } finally {
      desk.underWay = null;
    }
  }
  function deskFor(cluster: string, environment: string): Desk {
    const key = `${cluster}/${environment}`;
    const known = desks.get(key);
    if (known !== undefined) return known;
    const look = createSharedRun(() => lookNow(cluster, environment, desk));
    const desk: Desk = { look, underWay: null, newest: null, newestComplete: null };
    desks.set(key, desk);
    return desk;
  }
  return {
    look: (cluster, environment) => deskFor(cluster, environment).look(),
    async recent(cluster, environment, maxAgeMs) {
      const { newest, underWay, look } = deskFor(cluster, environment);
      const oldestMs = clock.monotonic() - maxAgeMs;
      if (newest !== null && newest.beganMs > oldestMs) return newest.look;
      return await (underWay !== null && underWay.beganMs > oldestMs ? underWay.look : look());
    },
    newest: (cluster, environment) => desks.get(`${cluster}/${environment}`)?.newest ?? null,
    newestComplete: (cluster, environment) => desks.get(`${cluster}/${environment}`)?.newestComplete ?? null,
    retain(places) {
      const kept = new Set(places.map(({ cluster, environment }) => `${cluster}/${environment}`));
      for (const [key, { underWay }] of desks) if (!kept.has(key) && underWay === null) desks.delete(key);
    },
    end: () => ending.abort(new Error('the server is stopping')),
  };
}
