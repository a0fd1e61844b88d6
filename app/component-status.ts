import type { InventoryItem } from '../core/planning/inventory-item.ts';
import { assess } from '../core/rollout/assess.ts';
import type { SeenWorkload, Sighting } from '../core/sighting.ts';
import { unreachable } from '../core/unreachable.ts';
import { spotName } from '../core/workload.ts';
import type { ComponentStatus } from './api.ts';
import type { Look } from './looks.ts';

/** What the ledger says of one component, and when it was recorded. */
export interface RecordedItem extends InventoryItem {
  readonly changedAt: number;
}

/** What is known of a cluster at this moment: a complete sighting, or why nothing is. */
export type Seen =
  | {
      readonly kind: 'seen';
      /** When the look began, in ms since 1970. */
      readonly observedAtMs: number;
      /** By spot name. */
      readonly workloads: ReadonlyMap<string, SeenWorkload>;
    }
  | { readonly kind: 'blind'; readonly message: string };

/** A complete sighting by the names of its spots. */
export function seenIn({ observedAtMs, workloads }: Sighting): Seen {
  return { kind: 'seen', observedAtMs, workloads: new Map(workloads.map((it) => [spotName(it), it])) };
}

/** Why a look did not show everything; null when it did. */
export function troubleOf(look: Look): string | null {
  if (look.kind === 'blind') return look.message;
  return look.sighting.complete ? null : look.sighting.gaps.join('; ');
}

/**
 * How one component is doing; what was not seen completely is unknown. `isMoving`: an unfinished deployment changes its
 * service.
 */
export function statusOf(item: RecordedItem, seen: Seen | undefined, isMoving: boolean): ComponentStatus {
  const { spot, target, settled } = item;
  const base = {
    ...spot,
    release: target.release,
    image: target.workload.image,
    settled,
    replicas: target.workload.replicas,
  };
  if (seen === undefined || seen.kind === 'blind') {
    const message = seen?.message ?? 'its cluster is not of this environment any more';
    return { ...base, health: 'unknown', running: null, message };
  }
  // What was recorded after the look began cannot be held against what it showed.
  const isAtRest = (settled || !isMoving) && item.changedAt <= seen.observedAtMs;
  const workload = seen.workloads.get(spotName(spot)) ?? null;
  if (workload === null || workload.engineId === '')
    return { ...base, health: isAtRest ? 'missing' : 'converging', running: 0, message: 'the engine does not know it' };
  const replicas = target.workload.mode === 'global' ? Math.max(workload.replicas, 1) : base.replicas;
  return { ...base, replicas, ...healthOf(item, isAtRest, workload) };
}

function healthOf(
  { target, settled }: RecordedItem,
  isAtRest: boolean,
  seen: SeenWorkload,
): Pick<ComponentStatus, 'health' | 'running' | 'message'> {
  const running = seen.tasks.filter((task) => task.wanted && task.state === 'running').length;
  const look = assess(seen.deployment ?? '', target, seen);
  switch (look.kind) {
    case 'reached':
      if (settled) return { health: 'healthy', running, message: null };
      return { health: 'converging', running, message: isAtRest ? 'its last change was never verified' : null };
    case 'converging':
      return { health: isAtRest ? 'degraded' : 'converging', running, message: look.trouble?.message ?? null };
    case 'failing':
      return { health: 'degraded', running, message: look.task.message };
    case 'ramped':
    case 'unwritten':
      return { health: isAtRest ? 'degraded' : 'converging', running, message: 'it is not what was deployed' };
    default:
      return unreachable(look);
  }
}
