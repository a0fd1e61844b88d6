import type { Digest } from '../hash.ts';
import { stepsOf, targetAfter, targetBefore, type Plan } from '../plan.ts';
import type { Target } from '../workload.ts';

/**
 * How many revisions an environment can be taken back and find on its engines all that they need. Further back it is
 * brought there anew from what the ledger keeps: the window saves engines from garbage, not rollbacks from their end.
 */
export const rollbackWindow = 5;

/**
 * Digests of all targets whose content has to stay on the engines of an environment: what it is to run now, and what ran
 * before and after each of the plans, which are those of its newest `rollbackWindow` revisions and of everything unfinished.
 * Taking the steps of these plans back from what runs now gives what ran then.
 */
export function neededTargets(of: {
  readonly inventory: Iterable<Digest>;
  readonly plans: Iterable<Plan>;
}): ReadonlySet<Digest> {
  const needed = new Set(of.inventory);
  for (const plan of of.plans)
    for (const step of stepsOf(plan))
      for (const digest of [targetBefore(step), targetAfter(step)]) if (digest !== null) needed.add(digest);
  return needed;
}

/** What of a target lies on an engine as an object of its own, named by what it holds; see `PruneRequest.keep`. */
export function contentsOf({ workload }: Target): readonly string[] {
  const secrets = (workload.secrets ?? []).flatMap(({ ref }) => (ref.kind === 'version' ? [ref.id] : []));
  return [...workload.configs.map(({ content }) => content), ...secrets];
}
