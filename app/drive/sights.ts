import type { ClusterView } from '../../core/rollout/decide.ts';
import type { Sighting } from '../../core/sighting.ts';
import { spotName } from '../../core/workload.ts';
import type { Look } from '../looks.ts';
import { patienceMs, type DriveParts } from './parts.ts';

/** What a look at one cluster gave. */
export interface Sight {
  readonly view: ClusterView;
  /** When it was asked for, by the monotonic clock: what it shows was so then or later. */
  readonly askedMs: number;
}

/** One deployment's looks at its clusters, each cluster at its own pace. */
export interface Sights {
  /**
   * Begins to look at every cluster that is not being looked at, and waits a moment for these. Gives what has come since
   * the last round, by cluster: a slow cluster comes in a later one, and nobody waits for it.
   */
  round(signal: AbortSignal): Promise<ReadonlyMap<string, Sight>>;
}

export function createSights(
  { looks, clock }: Pick<DriveParts, 'looks' | 'clock'>,
  environment: string,
  clusters: readonly string[],
): Sights {
  const underWay = new Set<string>();
  let arrived = new Map<string, Sight>();
  let failure: { readonly error: unknown } | null = null;

  async function look(cluster: string): Promise<void> {
    const askedMs = clock.monotonic();
    underWay.add(cluster);
    try {
      // Waited for first: by then a round may have put another map in this one's place.
      const view = toView(await looks.look(cluster, environment));
      arrived.set(cluster, { view, askedMs });
    } catch (error) {
      failure = { error };
    } finally {
      underWay.delete(cluster);
    }
  }
  return {
    async round(signal) {
      const begun = clusters.filter((cluster) => !underWay.has(cluster)).map(look);
      await settledWithin(clock, Promise.all(begun), patienceMs, signal);
      if (failure !== null) throw failure.error;
      const sights = arrived;
      arrived = new Map();
      return sights;
    },
  };
}

/** Waits for work that never rejects, but not longer than so many ms. */
export async function settledWithin(
  clock: DriveParts['clock'],
  work: Promise<unknown>,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  const done = new AbortController();
  const either = AbortSignal.any([signal, done.signal]);
  try {
    await Promise.race([work, clock.sleep(ms, either).catch(() => undefined)]);
  } finally {
    done.abort();
  }
}

/** What was made of a sighting: all deployments of an environment share its looks, and so the view of hundreds of services. */
const views = new WeakMap<Sighting, ClusterView>();

function toView(look: Look): ClusterView {
  if (look.kind === 'blind') return look;
  const known = views.get(look.sighting);
  if (known !== undefined) return known;
  const view = viewOf(look.sighting);
  views.set(look.sighting, view);
  return view;
}

function viewOf({ complete, gaps, workloads }: Sighting): ClusterView {
  if (!complete) return { kind: 'blind', message: gaps.join('; ') };
  return { kind: 'seen', workloads: new Map(workloads.map((workload) => [spotName(workload), workload])) };
}
