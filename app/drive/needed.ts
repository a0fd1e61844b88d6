import { contentsOf, neededTargets, rollbackWindow } from '../../core/rollout/needed.ts';
import type { Plan } from '../../core/plan.ts';
import type { DriveParts } from './parts.ts';

/** Targets that are read at a stretch. */
const targetsAtOnce = 50;

/** What has to stay on the engines of an environment; see `neededTargets`. */
export async function neededContents(
  { store, blobs }: Pick<DriveParts, 'store' | 'blobs'>,
  environment: string,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  // Before the inventory: what ends between the two has left its mark there.
  const unfinished = await store.unfinished({ environment }, signal);
  const inventory = await store.inventory(environment, signal);
  const { items: revisions } = await store.revisions(environment, { limit: rollbackWindow }, signal);
  const plans: Plan[] = [];
  for (const { plan } of unfinished) plans.push(await blobs.read('plan', plan, signal));
  for (const { deployment } of revisions) {
    const row = await store.deployment(deployment, signal);
    if (row !== null) plans.push(await blobs.read('plan', row.plan, signal));
  }
  const digests = [...neededTargets({ inventory: inventory.map(({ target }) => target), plans })];
  const contents = new Set<string>();
  for (let at = 0; at < digests.length; at += targetsAtOnce) {
    const targets = digests.slice(at, at + targetsAtOnce).map((digest) => blobs.read('target', digest, signal));
    for (const target of await Promise.all(targets)) for (const content of contentsOf(target)) contents.add(content);
  }
  return contents;
}
