import { isFault } from '../../core/fault.ts';
import type { DeploymentEvent } from '../../core/event.ts';
import { spotName } from '../../core/workload.ts';
import { staleness } from '../../core/rollout/staleness.ts';
import type { DeploymentRow } from '../../port/store.ts';
import { readFollowed } from './follow.ts';
import { storeDeadlineMs, within, type DriveParts } from './parts.ts';
import { record, type Followed } from './record.ts';

/**
 * Decides on a deployment that holds its locks: started, or ended because it was cancelled while it waited or because
 * what runs is not what it was planned from. Another append in between is left for the next round. Whether it is active
 * by now.
 */
export async function begin(parts: DriveParts, row: DeploymentRow, signal: AbortSignal): Promise<boolean> {
  const followed = await readFollowed(parts, row, signal);
  if (followed.rollout.phase !== 'queued') return followed.rollout.phase !== 'ended';
  try {
    const next = await record(parts, followed, [await firstEvent(parts, followed, signal)], [], signal);
    return next.rollout.phase !== 'ended';
  } catch (error) {
    if (!isFault(error, 'store.conflict')) throw error;
    return false;
  }
}

/** Ends a waiting deployment whose cancel was requested; it need not hold its locks for that. */
export async function endIfCancelled(parts: DriveParts, row: DeploymentRow, signal: AbortSignal): Promise<void> {
  const followed = await readFollowed(parts, row, signal);
  if (followed.rollout.phase === 'queued' && followed.rollout.cancel !== null) await begin(parts, row, signal);
}

async function firstEvent(
  parts: DriveParts,
  { id, environment, plan, rollout }: Followed,
  signal: AbortSignal,
): Promise<DeploymentEvent> {
  if (rollout.phase === 'queued' && rollout.cancel !== null) {
    const cause = { kind: 'cancelled', by: rollout.cancel.by, left: false } as const;
    return { kind: 'deployment-ended', deployment: id, outcome: 'cancelled', cause, unknown: [] };
  }
  const rows = await parts.store.inventory(environment, within(parts.clock, storeDeadlineMs, signal));
  const stale = staleness(plan, new Map(rows.map((row) => [spotName(row), row.target])));
  if (stale === null) return { kind: 'deployment-started', deployment: id, generation: parts.lease.generation };
  const cause = { kind: 'stale', message: stale } as const;
  return { kind: 'deployment-ended', deployment: id, outcome: 'refused', cause, unknown: [] };
}
