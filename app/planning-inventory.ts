import { setImmediate } from 'node:timers/promises';
import type { ServiceDefinition } from '../core/definition.ts';
import { claimsOf, type PortClaim } from '../core/planning/ports.ts';
import type { Platform } from '../core/platform.ts';
import { retarget, type Target } from '../core/workload.ts';
import type { Store } from '../port/store.ts';
import type { Blobs } from './blobs.ts';
import type { RecordedItem } from './component-status.ts';
import { environmentOf } from './platform.ts';

interface InventoryParts {
  readonly store: Pick<Store, 'inventory'>;
  readonly blobs: Blobs;
}

/** Targets that are read at a stretch, however long that takes: what happens next must not hang on how busy the machine is. */
const itemsAtOnce = 10;

/** What an environment runs by the ledger, target by target. */
export async function inventoryOf(
  { store, blobs }: InventoryParts,
  environment: string,
  signal: AbortSignal,
): Promise<readonly RecordedItem[]> {
  const rows = await store.inventory(environment, signal);
  const items: RecordedItem[] = [];
  /** By component: what the last one that was read is. */
  const last = new Map<string, Target>();
  for (const { cluster, service, component, target, settled, changedAt } of rows) {
    const spot = { cluster, component, service };
    const name = `${service}/${component}`;
    const like = last.get(name);
    const guess = () => (like === undefined ? null : retarget(like, cluster));
    const found = await blobs.target(target, guess, signal);
    last.set(name, found);
    items.push({ spot, digest: target, target: found, settled, changedAt });
    // Others have their turn: a large environment has thousands.
    if (items.length % itemsAtOnce === 0) await setImmediate();
  }
  return items;
}

/** Ports that other environments hold on clusters that this one shares with them. */
export async function claimsOfOthers(
  parts: InventoryParts,
  platform: Platform,
  environment: string,
  signal: AbortSignal,
): Promise<readonly PortClaim[]> {
  const mine = new Set(environmentOf(platform, environment).clusters);
  const others = Object.entries(platform.environments).filter(
    ([name, it]) => name !== environment && it.clusters.some((cluster) => mine.has(cluster)),
  );
  const inventories = await Promise.all(others.map(([name]) => inventoryOf(parts, name, signal)));
  return inventories.flat().flatMap((item) => claimsOf(item.target));
}

/** Whether any service publishes a port, so that those of other environments matter. */
export function publishes(definitions: ReadonlyMap<string, ServiceDefinition>): boolean {
  return [...definitions.values()].some(({ components }) =>
    Object.values(components).some(({ ports }) => ports.length > 0),
  );
}
