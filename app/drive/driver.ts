import { isFault } from '../../core/fault.ts';
import { blockersOf } from '../../core/rollout/queue.ts';
import type { DeploymentRow } from '../../port/store.ts';
import { follow } from './follow.ts';
import { createHints, supervisor, type Hints } from './hints.ts';
import { storeDeadlineMs, within, type DriveParts } from './parts.ts';
import { createPruning, type Pruning } from './pruning.ts';
import { createRenewal } from './renewal.ts';
import { begin, endIfCancelled } from './start.ts';

/** How long the supervisor sleeps when nobody wakes it, in ms. */
const roundMs = 1_000;

/** How many environments are attended to at the same time: what they append goes into the ledger together. */
const environmentsAtOnce = 16;

/** How many deployments are driven at the same time while many callers wait for an answer: others begin after them. */
const pressedMost = 64;

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
  /** Something was accepted or cancelled: look at the queue now, and at what is done about this deployment. */
  wake(deployment: string | null): void;
  /** Stops between two steps; what is under way goes on with the next driver. */
  stop(): Promise<void>;
}

/** Starts driving: first everything that the ledger holds unfinished. */
export function startDriver(parts: DriveParts): Driver {
  const ending = new AbortController();
  const hints = createHints(parts, ending.signal);
  const pruning = createPruning(parts, () => hints.wake(supervisor), ending.signal);
  const renewal = createRenewal(parts, ending.signal);
  const resting = createResting(parts);
  const followers = createFollowers({ parts, hints, pruning, resting }, ending.signal);
  let pulse: Pulse = { rounds: 0, beatAtMs: null };
  const beat = (rounds: 0 | 1) => {
    pulse = { rounds: pulse.rounds + rounds, beatAtMs: parts.clock.monotonic() };
  };

  async function attendTo(row: DeploymentRow, unfinished: readonly DeploymentRow[]): Promise<void> {
    if (resting.has(row)) return;
    if (row.phase === 'active') return followers.takeUp(row);
    if (parts.pressure.isHigh() && followers.count() >= pressedMost) return;
    try {
      const waits = blockersOf(row, unfinished).length > 0;
      if (waits || pruning.isUnderWay(row.environment)) await endIfCancelled(parts, row, ending.signal);
      else if (await begin(parts, row, ending.signal)) followers.takeUp(row);
      else hints.wake(supervisor);
    } catch (error) {
      if (!ending.signal.aborted) resting.send(row, error);
    }
  }
  async function attendToThose(own: readonly DeploymentRow[]): Promise<void> {
    for (const row of own) {
      await attendTo(row, own);
      beat(0);
    }
  }
  async function supervise(): Promise<void> {
    while (!ending.signal.aborted) {
      try {
        const unfinished = await parts.store.unfinished({}, within(parts.clock, storeDeadlineMs, ending.signal));
        if (pulse.rounds === 0) parts.starts.reset(activeIn(unfinished));
        beat(1);
        await forEachEnvironment(unfinished, attendToThose);
        pruning.attend();
        renewal.attend();
      } catch (error) {
        if (ending.signal.aborted) return;
        parts.logger.error('the queue could not be read; it is tried again', { reason: String(error) });
      }
      await hints.wait(supervisor, roundMs);
    }
  }
  const supervising = supervise();
  return {
    pulse: () => pulse,
    wake(deployment) {
      hints.wake(supervisor);
      if (deployment !== null) hints.wake(deployment);
    },
    async stop() {
      ending.abort(new Error('the driver stops'));
      await supervising;
      await followers.end();
      await pruning.end();
      await renewal.end();
    },
  };
}

/** The deployments that are being driven. */
interface Followers {
  /** Drives an active deployment, unless that is being done. */
  takeUp(row: DeploymentRow): void;
  /** How many are being driven. */
  count(): number;
  /** Waits until all have ended, as they do with the signal. */
  end(): Promise<void>;
}

function createFollowers(
  of: { readonly parts: DriveParts; readonly hints: Hints; readonly pruning: Pruning; readonly resting: Resting },
  signal: AbortSignal,
): Followers {
  const { parts, hints, pruning, resting } = of;
  const followed = new Map<string, Promise<void>>();
  async function drive(row: DeploymentRow): Promise<void> {
    try {
      await follow(parts, row, hints, signal);
      parts.notes.forget(row.id);
      pruning.due(row.environment);
    } catch (error) {
      parts.starts.rest(row.id);
      if (!signal.aborted) resting.send(row, error);
    } finally {
      followed.delete(row.id);
      hints.forget(row.id);
      hints.wake(supervisor);
    }
  }
  return {
    takeUp(row) {
      if (!followed.has(row.id)) followed.set(row.id, drive(row));
    },
    count: () => followed.size,
    async end() {
      await Promise.all(followed.values());
    },
  };
}

/** Of each environment its rows, which keep their order; several environments at a time. */
async function forEachEnvironment(
  rows: readonly DeploymentRow[],
  attendTo: (own: readonly DeploymentRow[]) => Promise<void>,
): Promise<void> {
  const waiting = [...Map.groupBy(rows, ({ environment }) => environment).values()];
  const work = async (): Promise<void> => {
    for (let own = waiting.shift(); own !== undefined; own = waiting.shift()) await attendTo(own);
  };
  await Promise.all(Array.from({ length: environmentsAtOnce }, work));
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
