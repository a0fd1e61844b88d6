import { adviseOn } from '../core/planning/advice.ts';
import type { PlanningResult } from '../core/planning/make-plan.ts';
import { stepsOf, targetAfter } from '../core/plan.ts';
import type { ReadContent } from './config-changes.ts';

/** The most configs that are read for one plan, and the largest. */
const configsMost = 200;
const configBytesMost = 65_536;

/** What a plan's reader may want to know of how far its services can grow. */
export async function adviceFor(
  read: ReadContent,
  { plan, targets }: PlanningResult,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const changed = stepsOf(plan).flatMap((step) => {
    const after = targetAfter(step);
    return after === null ? [] : (targets.get(after) ?? []);
  });
  const digests = new Set(changed.flatMap(({ workload }) => workload.configs.map((file) => file.content)));
  const contents = new Map<string, string>();
  for (const digest of [...digests].slice(0, configsMost)) {
    const bytes = await read(digest, signal);
    if (bytes.length <= configBytesMost) contents.set(digest, new TextDecoder().decode(bytes));
  }
  return adviseOn({ targets: changed, contents });
}
