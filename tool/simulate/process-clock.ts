import type { Clock } from '../../port/clock.ts';
import type { Life, Timeline } from './timeline.ts';

/** The clock of one simulated process. */
export interface ProcessClock extends Clock {
  /** Sets the wall time forward or back; nothing else notices. */
  jump(byMs: number): void;
  /** Suspends the process: it stands still, and so does its monotonic time. */
  suspend(forMs: number): void;
}

/** When the world begins, in ms since 1970. */
export const worldBeganMs = Date.UTC(2030, 0, 1);

/** Deadlines are rounded up to this, so that many share one moment. */
const deadlineGridMs = 250;

/** A clock on the world's time, which stands still for a process that has died. */
export function createProcessClock(timeline: Timeline, life: Life, wallOffsetMs: number): ProcessClock {
  let offsetMs = wallOffsetMs;
  let startMs = timeline.nowMs();
  const deadlines = new Map<number, AbortController>();
  const overdue = new DOMException('The deadline has passed', 'TimeoutError');
  return {
    now: () => worldBeganMs + timeline.nowMs() + offsetMs,
    monotonic: () => timeline.nowMs() - startMs,
    jump(byMs) {
      offsetMs += byMs;
    },
    suspend(forMs) {
      const fromMs = timeline.nowMs();
      life.pause = { fromMs, toMs: fromMs + forMs };
      timeline.after(forMs, null, () => {
        life.pause = null;
        startMs += forMs;
      });
    },
    async sleep(ms, signal) {
      signal.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const cancel = timeline.after(ms, life, resolve);
      const giveUp = (): void => {
        cancel();
        if (life.isAlive) reject(signal.reason);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      await promise.finally(() => signal.removeEventListener('abort', giveUp));
    },
    timeout(ms) {
      const atMs = Math.ceil((timeline.nowMs() + ms) / deadlineGridMs) * deadlineGridMs;
      const known = deadlines.get(atMs);
      if (known !== undefined) return known.signal;
      const controller = new AbortController();
      deadlines.set(atMs, controller);
      timeline.after(atMs - timeline.nowMs(), life, () => {
        deadlines.delete(atMs);
        controller.abort(overdue);
      });
      return controller.signal;
    },
  };
}
