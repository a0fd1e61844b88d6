import { isFault } from '../../core/fault.ts';
import { blockersOf } from '../../core/rollout/queue.ts';
import type { DeploymentRow } from '../../port/store.ts';
import { follow } from './follow.ts';
import { createHints } from './hints.ts';
import { storeDeadlineMs, within, type DriveParts } from './parts.ts';
import { createPruning } from './pruning.ts';
import { begin, endIfCancelled } from './start.ts';

/** How long the supervisor sleeps when nobody wakes it, in ms. */
const roundMs = 1_000;

/** How long a deployment rests after its driving failed for a reason of the store's or of Drayage's own, in ms. */
const restMs = 5_000;

/** How the loop's supervisor is getting on. */
export interface Pulse {
  /** How often it has begun to attend to all unfinished deployments. */
  readonly rounds: number;
  /** When it last began a round or attended to a deployment, by the monotonic clock; null before the first. */
  readonly beatAtMs: number | null;
}

/** The loop that brings every unfinished deployment to its end. */
export interface Driver {
  pulse(): Pulse;
  /** Something was accepted or cancelled: look now. */
  wake(): void;
  /** Stops between two steps; what is under way goes on with the next driver. */
  stop(): Promise<void>;
}

/** Starts driving: first everything that the ledger holds unfinished. */
export function startDriver(parts: DriveParts): Driver {
  const ending = new AbortController();
  const hints = createHints(parts, ending.signal);
  const pruning = createPruning(parts, () => hints.wake(), ending.signal);
  const resting = createResting(parts);
  const followed = new Map<string, Promise<void>>();
  let pulse: Pulse = { rounds: 0, beatAtMs: null };
  const beat = (rounds: 0 | 1) => {
    pulse = { rounds: pulse.rounds + rounds, beatAtMs: parts.clock.monotonic() };
  };

  async function drive(row: DeploymentRow): Promise<void> {
    try {
      await follow(parts, row, (ms) => hints.wait(row.id, ms), ending.signal);
      parts.notes.forget(row.id);
      pruning.due(row.environment);
    } catch (error) {
      parts.starts.rest(row.id);
      if (!ending.signal.aborted) resting.send(row, error);
    } finally {
      followed.delete(row.id);
      hints.forget(row.id);
      hints.wake();
    }
  }
  async function attendTo(row: DeploymentRow, unfinished: readonly DeploymentRow[]): Promise<void> {
    if (resting.has(row)) return;
    if (row.phase === 'active') {
      if (!followed.has(row.id)) followed.set(row.id, drive(row));
      return;
    }
    try {
      const waits = blockersOf(row, unfinished).length > 0;
      const isHeld = waits || pruning.isUnderWay(row.environment);
      await (isHeld ? endIfCancelled(parts, row, ending.signal) : begin(parts, row, ending.signal));
      if (!isHeld) hints.wake();
    } catch (error) {
      if (!ending.signal.aborted) resting.send(row, error);
    }
  }
  async function supervise(): Promise<void> {
    while (!ending.signal.aborted) {
      try {
        const unfinished = await parts.store.unfinished({}, within(parts.clock, storeDeadlineMs, ending.signal));
        if (pulse.rounds === 0) parts.starts.reset(activeIn(unfinished));
        beat(1);
        for (const row of unfinished) {
          await attendTo(row, unfinished);
          beat(0);
        }
        pruning.attend();
      } catch (error) {
        if (ending.signal.aborted) return;
        parts.logger.error('the queue could not be read; it is tried again', { reason: String(error) });
      }
      await hints.wait('supervisor', roundMs);
    }
  }
  const supervising = supervise();
  return {
    pulse: () => pulse,
    wake: () => hints.wake(),
    async stop() {
      ending.abort(new Error('the driver stops'));
      hints.wake();
      await supervising;
      await Promise.all(followed.values());
      await pruning.end();
    },
  };
}

function activeIn(rows: readonly DeploymentRow[]): readonly string[] {
  return rows.filter((row) => row.phase === 'active').map((row) => row.id);
}

/** Deployments whose driving failed, each left alone for a while. */
interface Resting {
  send(row: DeploymentRow, error: unknown): void;
  has(row: DeploymentRow): boolean;
}

function createResting({ clock, logger, notes }: DriveParts): Resting {
  const until = new Map<string, number>();
  return {
    send(row, error) {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      logger.error('driving a deployment failed; it is tried again', { deployment: row.id, reason });
      notes.setHold(
        row.id,
        'driver',
        isFault(error) ? error.message : 'Drayage itself did something wrong; see its log',
      );
      until.set(row.id, clock.monotonic() + restMs);
    },
    has(row) {
      const end = until.get(row.id);
      if (end === undefined) return false;
      if (clock.monotonic() < end) return true;
      until.delete(row.id);
      notes.setHold(row.id, 'driver', null);
      return false;
    },
  };
}
