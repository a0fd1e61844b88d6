import type { Digest } from '../hash.ts';
import type { Expectation } from '../rollout/expectation.ts';
import type { Spec, SpecEntry } from '../spec.ts';
import { spotName, type Target } from '../workload.ts';
import { canonical } from '../canonical.ts';
import type { InventoryItem } from './inventory-item.ts';
import { entryOf } from './merge-specs.ts';

/** Services that are asked for by name, and those of which a spec says something else than what is to run. Both bare. */
export function askedServices(mine: Spec, current: Spec, named: ReadonlySet<string>): ReadonlySet<string> {
  const names = new Set([mine, current].flatMap((spec) => Object.keys(spec.services)));
  const differing = [...names].filter((name) => canonical(entryOf(mine, name)) !== canonical(entryOf(current, name)));
  return new Set([...named, ...differing]);
}

/** As much of an expectation as is about some services: the rest is others' business. */
export function expectationFor(services: ReadonlySet<string>, { way, spots, changes }: Expectation): Expectation {
  return {
    way,
    spots: spots.filter(({ spot }) => services.has(spot.service)),
    changes: Object.fromEntries(Object.entries(changes).filter(([service]) => services.has(service))),
  };
}

/** What is to run once every deployment has ended as expected, in their order. */
export function specAhead(current: Spec, ahead: readonly Expectation[]): Spec {
  const entries = new Map<string, SpecEntry>(Object.entries(current.services));
  for (const [service, entry] of ahead.flatMap((it) => Object.entries(it.changes))) {
    if (entry === null) entries.delete(service);
    else entries.set(service, entry);
  }
  return { ...current, services: Object.fromEntries(entries) };
}

/** The same of what runs. `targets` holds every target that is expected. */
export function inventoryAhead(
  inventory: readonly InventoryItem[],
  ahead: readonly Expectation[],
  targets: ReadonlyMap<Digest, Target>,
): readonly InventoryItem[] {
  const items = new Map(inventory.map((item) => [spotName(item.spot), item]));
  for (const { spot, target: digest } of ahead.flatMap((it) => it.spots)) {
    if (digest === null) {
      items.delete(spotName(spot));
      continue;
    }
    const target = targets.get(digest);
    if (target === undefined) throw new Error(`the target ${digest} is not at hand`);
    items.set(spotName(spot), { spot, digest, target, settled: true });
  }
  return [...items.values()];
}
