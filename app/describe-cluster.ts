import { isFault } from '../core/fault.ts';
import type { Clock } from '../port/clock.ts';
import type { EngineDescription } from '../port/engine.ts';
import type { Clusters } from './clusters.ts';

/** How long one cluster may take to describe itself, in ms. */
const describeDeadlineMs = 5_000;

/** What a cluster said of itself, or why it said nothing. */
export type Described =
  | { readonly kind: 'described'; readonly description: EngineDescription }
  | { readonly kind: 'silent'; readonly trouble: string };

/** Asks a cluster to describe itself, for at most 5 s. Rejects only for what is no fault of the cluster. */
export async function describeCluster(
  { clusters, clock }: { readonly clusters: Clusters; readonly clock: Pick<Clock, 'timeout'> },
  cluster: string,
  signal: AbortSignal,
): Promise<Described> {
  const deadline = AbortSignal.any([signal, clock.timeout(describeDeadlineMs)]);
  try {
    const engine = await clusters.engine(cluster, deadline);
    return { kind: 'described', description: await engine.describe(deadline) };
  } catch (error) {
    if (!isFault(error) && !deadline.aborted) throw error;
    return { kind: 'silent', trouble: isFault(error) ? error.message : 'it does not answer' };
  }
}
