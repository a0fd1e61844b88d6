import { targetAfter, targetBefore } from '../../core/plan.ts';
import type { ClusterView, Write } from '../../core/rollout/decide.ts';
import { standingOf, type Standing } from '../../core/rollout/starts.ts';
import type { Target } from '../../core/workload.ts';

/** What stands of a goal's target on its cluster; null for a removal, and when the cluster was not seen. */
export function standingIn(
  targets: ReadonlyMap<string, Target>,
  { step, target }: Write,
  view: ClusterView | undefined,
): Standing | null {
  const wanted = target === null ? undefined : targets.get(target);
  if (wanted === undefined || view?.kind !== 'seen') return null;
  const others = [targetBefore(step), targetAfter(step)].filter((digest) => digest !== null && digest !== target);
  const from = others[0] === undefined || others[0] === null ? null : (targets.get(others[0]) ?? null);
  return standingOf(step, from, wanted, view.workloads.get(step.id) ?? null);
}
