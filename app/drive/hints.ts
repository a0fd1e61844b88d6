import { isFault } from '../../core/fault.ts';
import { storeDeadlineMs, within, type DriveParts } from './parts.ts';

/** Waits that end early when something may have changed. Hints save time; nothing depends on their arrival. */
export interface Hints {
  /** Resolves after so many ms, or sooner. Never rejects. */
  wait(who: string, ms: number): Promise<void>;
  /** Ends every wait. */
  wake(): void;
  /** A waiter is done for good. */
  forget(who: string): void;
}

/** The shortest pause between two rounds of one waiter, in ms: a storm of events must not become a storm of looks. */
const quietMs = 200;

/** How long to wait before listening to an engine again that closed its stream, in ms. */
const listenAgainMs = 2_000;

export function createHints(parts: DriveParts, signal: AbortSignal): Hints {
  const waiters = new Set<() => void>();
  let wakes = 0;
  // How many wakes each waiter had seen when its last wait ended: one that came since ends its next wait at once.
  const seen = new Map<string, number>();
  const wake = () => {
    wakes += 1;
    for (const waiter of waiters) waiter();
  };
  const listening = new Set<string>();

  async function listen(cluster: string): Promise<void> {
    try {
      const engine = await parts.clusters.engine(cluster, within(parts.clock, storeDeadlineMs, signal));
      for await (const _ of engine.hints(signal)) wake();
    } catch (error) {
      if (!signal.aborted && !isFault(error))
        parts.logger.warn('the events of a cluster could not be read', { cluster, reason: String(error) });
    }
    await parts.clock.sleep(listenAgainMs, signal).catch(() => undefined);
    listening.delete(cluster);
  }
  async function listenToAll(): Promise<void> {
    try {
      const { platform } = await parts.platform.current(within(parts.clock, storeDeadlineMs, signal));
      for (const cluster of Object.keys(platform.clusters)) {
        if (listening.has(cluster) || signal.aborted) continue;
        listening.add(cluster);
        void listen(cluster);
      }
    } catch (error) {
      // The next round tries again; without hints everything only takes longer.
      if (!signal.aborted && !isFault(error))
        parts.logger.warn('the clusters could not be read', { reason: String(error) });
    }
  }
  return {
    wake,
    async wait(who, ms) {
      if (who === 'supervisor') await listenToAll();
      const woken = Promise.withResolvers<void>();
      const done = new AbortController();
      const either = AbortSignal.any([signal, done.signal]);
      waiters.add(woken.resolve);
      if ((seen.get(who) ?? wakes) !== wakes) woken.resolve();
      try {
        await parts.clock.sleep(Math.min(quietMs, ms), either);
        await Promise.race([woken.promise, parts.clock.sleep(ms, either)]);
      } catch (error) {
        if (!either.aborted) throw error;
      } finally {
        seen.set(who, wakes);
        waiters.delete(woken.resolve);
        done.abort();
      }
    },
    forget: (who) => seen.delete(who),
  };
}
