import { isFault } from '../../core/fault.ts';
import type { EngineHint } from '../../port/engine.ts';
import { storeDeadlineMs, within, type DriveParts } from './parts.ts';

/** What a waiter waits for: what an engine hints at elsewhere does not concern it. */
export interface Place {
  readonly environment: string;
  readonly clusters: readonly string[];
}

/** Waits that end early when something may have changed. Hints save time; nothing depends on their arrival. */
export interface Hints {
  /** Resolves after so many ms, or sooner. Never rejects. */
  wait(who: string, ms: number): Promise<void>;
  /** A waiter begins: hints of engines about this place end its waits. */
  attend(who: string, place: Place): void;
  /** Ends the wait of one that is known, or its next one. */
  wake(who: string): void;
  /** A waiter is done for good. */
  forget(who: string): void;
}

/** The shortest pause between two rounds of one waiter, in ms: a storm of events must not become a storm of looks. */
const quietMs = 200;

/** The same while many callers wait for an answer, in ms: no longer than nobody's hint would take. */
const pressedMs = 1_000;

/** How long to wait before listening to an engine again that closed its stream, in ms. */
const listenAgainMs = 2_000;

/** Who waits for the queue. */
export const supervisor = 'supervisor';

interface Waiter {
  place: Place | null;
  /** Woken since its last wait began to end: its next wait ends at once. */
  isWoken: boolean;
  /** Ends the wait under way; null when there is none. */
  end: (() => void) | null;
}

export function createHints(parts: DriveParts, signal: AbortSignal): Hints {
  const { clock, logger } = parts;
  // There from the beginning: who is woken before the first wait does not wait.
  const waiters = new Map<string, Waiter>([[supervisor, { place: null, isWoken: false, end: null }]]);
  const waiterOf = (who: string): Waiter => {
    const known = waiters.get(who);
    if (known !== undefined) return known;
    const waiter: Waiter = { place: null, isWoken: false, end: null };
    waiters.set(who, waiter);
    return waiter;
  };
  const listening = new Set<string>();

  async function listen(cluster: string): Promise<void> {
    try {
      const engine = await parts.clusters.engine(cluster, within(clock, storeDeadlineMs, signal));
      for await (const hint of engine.hints(signal))
        for (const waiter of waiters.values()) if (concerns(hint, cluster, waiter.place)) wakeUp(waiter);
    } catch (error) {
      if (!signal.aborted && !isFault(error))
        logger.warn('the events of a cluster could not be read', { cluster, reason: String(error) });
    }
    await clock.sleep(listenAgainMs, signal).catch(() => undefined);
    listening.delete(cluster);
  }
  async function listenToAll(): Promise<void> {
    try {
      const { platform } = await parts.platform.current(within(clock, storeDeadlineMs, signal));
      for (const cluster of Object.keys(platform.clusters)) {
        if (listening.has(cluster) || signal.aborted) continue;
        listening.add(cluster);
        void listen(cluster);
      }
    } catch (error) {
      // The next round tries again; without hints everything only takes longer.
      if (!signal.aborted && !isFault(error)) logger.warn('the clusters could not be read', { reason: String(error) });
    }
  }
  return {
    attend(who, place) {
      waiterOf(who).place = place;
    },
    wake(who) {
      const waiter = waiters.get(who);
      if (waiter !== undefined) wakeUp(waiter);
    },
    async wait(who, ms) {
      if (who === supervisor) await listenToAll();
      const waiter = waiterOf(who);
      const woken = Promise.withResolvers<void>();
      const done = new AbortController();
      const either = AbortSignal.any([signal, done.signal]);
      waiter.end = woken.resolve;
      if (waiter.isWoken) woken.resolve();
      try {
        await clock.sleep(Math.min(parts.pressure.isHigh() ? pressedMs : quietMs, ms), either);
        await Promise.race([woken.promise, clock.sleep(ms, either)]);
      } catch (error) {
        if (!either.aborted) throw error;
      } finally {
        waiter.end = null;
        waiter.isWoken = false;
        done.abort();
      }
    },
    forget: (who) => waiters.delete(who),
  };
}

function wakeUp(waiter: Waiter): void {
  waiter.isWoken = true;
  waiter.end?.();
}

function concerns({ environments }: EngineHint, cluster: string, place: Place | null): boolean {
  if (place === null || !place.clusters.includes(cluster)) return false;
  return environments === null || environments.has(place.environment);
}
