import { Fault } from '../fault.ts';
import type { Spec } from '../spec.ts';
import type { InventoryItem } from './inventory-item.ts';

export interface LeftoverInput {
  readonly spec: Spec;
  readonly current: Spec;
  readonly inventory: readonly InventoryItem[];
  /** Services that unfinished deployments hold. */
  readonly busy: ReadonlySet<string>;
  readonly allowRemove: readonly string[];
}

/**
 * Throws `spec.removal` for services that run though no spec ever named them: a deployment that was left as it was
 * created them. Whoever plans next has to say by name that they may go.
 */
export function refuseLeftovers({ spec, current, inventory, busy, allowRemove }: LeftoverInput): void {
  const named = new Set([...Object.keys(spec.services), ...Object.keys(current.services), ...busy, ...allowRemove]);
  const left = [...new Set(inventory.map((item) => item.spot.service))].filter((name) => !named.has(name)).toSorted();
  if (left.length === 0) return;
  throw new Fault(
    'spec.removal',
    `${left.join(', ')} was left in ${spec.environment} by an earlier deployment, and the spec does not name it.`,
    {
      facts: { environment: spec.environment, services: left },
      next: `Name what may go: ${left.map((name) => `--allow-remove ${name}`).join(' ')}; or add it to the spec.`,
    },
  );
}
