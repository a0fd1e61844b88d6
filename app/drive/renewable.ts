import type { SeenWorkload } from '../../core/sighting.ts';
import { storeDeadlineMs, within } from './parts.ts';
import type { RenewalParts } from './renewal.ts';

/** A component as the engine has it, with its image. */
export interface Component {
  readonly environment: string;
  readonly seen: SeenWorkload;
  readonly image: string;
}

/** How many images are remembered by their target. */
const imagesMost = 50_000;

/** Reads what of an environment may be given other credentials, as it was seen last. */
export type ReadRenewable = (environment: string, signal: AbortSignal) => Promise<readonly Component[]>;

/**
 * A deployment that is under way brings its own credentials. What is not settled, or is seen to be something else than
 * the ledger says, may pull from elsewhere; a write would set going again what has paused.
 */
export function createRenewable(parts: RenewalParts): ReadRenewable {
  const { clock, store, looks, blobs } = parts;
  const known = new Map<string, { readonly image: string; readonly hash: string }>();
  return async (environment, signal) => {
    const deadline = within(clock, storeDeadlineMs, signal);
    if ((await store.unfinished({ environment }, deadline)).length > 0) return [];
    const found: Component[] = [];
    for (const { cluster, service, component, target, settled } of await store.inventory(environment, deadline)) {
      const sighting = looks.newestComplete(cluster, environment)?.sighting;
      const seen = sighting?.workloads.find((it) => it.service === service && it.component === component);
      if (!settled || seen === undefined || !isAtRest(seen)) continue;
      const { image, hash } = known.get(target) ?? imageOf(await blobs.read('target', target, deadline));
      if (known.size < imagesMost) known.set(target, { image, hash });
      if (seen.workload === hash) found.push({ environment, seen, image });
    }
    return found;
  };
}

function imageOf({ workload, hash }: Awaited<ReturnType<RenewalParts['blobs']['read']>>) {
  return { image: workload.image, hash };
}

function isAtRest({ engineId, tombstone, updating, updatePaused }: SeenWorkload): boolean {
  return engineId !== '' && !tombstone && !updating && !updatePaused;
}
