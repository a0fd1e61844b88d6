import type { Clock } from '../port/clock.ts';
import type { Logger } from '../port/logger.ts';
import type { Driver, Pulse } from './drive/driver.ts';
import { awaitLease, type HeldLease, type LeaseParts } from './lease.ts';

/** How often a server that waits to drive shows that it is alive, in ms. */
const beatMs = 1_000;

export interface DrivingParts extends LeaseParts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Starts a driver with a lease that was just taken. */
  readonly start: (lease: HeldLease) => Driver;
}

/** What drives now; null while another server does. */
interface Turn {
  readonly lease: HeldLease;
  readonly driver: Driver;
}

/** A driver, or the wait for the right to be one. */
export interface Driving extends Driver {
  /** Whether something of a driver may still be under way. */
  drives(): boolean;
}

/**
 * A driver whenever this server holds the lease: drives with the one given, and each time that it is lost waits for the
 * next one.
 */
export function startDriving(parts: DrivingParts, first: HeldLease | null): Driving {
  const { clock, logger } = parts;
  const ending = new AbortController();
  const begin = (lease: HeldLease): Turn => ({ lease, driver: parts.start(lease) });
  let turn: Turn | null = first === null ? null : begin(first);
  let waiting: Pulse = { rounds: 0, beatAtMs: null };

  async function beatWhileWaiting(done: AbortSignal): Promise<void> {
    while (!done.aborted) {
      waiting = { rounds: waiting.rounds, beatAtMs: clock.monotonic() };
      await clock.sleep(beatMs, done).catch(() => undefined);
    }
  }
  async function takeOver(): Promise<Turn> {
    const done = new AbortController();
    const beating = beatWhileWaiting(AbortSignal.any([done.signal, ending.signal]));
    try {
      const lease = await awaitLease(parts, ending.signal);
      logger.info('this server drives from now on', { generation: lease.generation });
      return begin(lease);
    } finally {
      done.abort();
      await beating;
    }
  }
  async function run(): Promise<void> {
    while (!ending.signal.aborted) {
      turn ??= await takeOver();
      const { lease, driver } = turn;
      await lease.keep(ending.signal);
      if (ending.signal.aborted) return;
      logger.warn('the lease is lost: another server drives, or the store does not answer', {
        generation: lease.generation,
      });
      await driver.stop();
      turn = null;
    }
  }
  const running = run().catch((error: unknown) => {
    if (!ending.signal.aborted) throw error;
  });
  return {
    pulse: () => turn?.driver.pulse() ?? waiting,
    wake: (deployment) => turn?.driver.wake(deployment),
    drives: () => turn !== null,
    async stop() {
      ending.abort(new Error('the driver stops'));
      const { driver } = turn ?? {};
      await driver?.stop();
      await running;
    },
  };
}
