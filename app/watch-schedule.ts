/** One environment on one cluster, as the schedule knows it. All times are monotonic, in ms. */
export interface WatchedPlace {
  readonly cluster: string;
  readonly environment: string;
  /** When the newest look or attempt began, whoever made it; null before the first. */
  readonly beganMs: number | null;
  readonly tookMs: number;
  /** When something last hinted at a change; null: never. */
  readonly hintedMs: number | null;
  /** Looks in a row that found nobody. */
  readonly failures: number;
}

/** Every place is looked at so often while its cluster answers, in ms. */
export const roundMs = 10_000;

/** The longest pause while its cluster does not answer, in ms. */
const pauseMost = 60_000;

/** The shortest pause after a hint, in ms: a storm of events must not become a storm of looks. */
const hintedPauseMs = 1_000;

/** After a hint a place rests for so many times as long as its last look took: looking is a small part of the load. */
const restPerLook = 20;

/** Looks under way at once on one cluster. */
const perClusterMost = 2;

/** Looks under way at once over all. */
const overAllMost = 8;

/** When a place is to be looked at again. */
export function dueMs({ beganMs, tookMs, hintedMs, failures }: WatchedPlace): number {
  if (beganMs === null) return -Infinity;
  const pauseMs = failures === 0 ? roundMs : Math.min(pauseMost, roundMs * 2 ** (failures - 1));
  if (hintedMs === null || hintedMs < beganMs) return beganMs + pauseMs;
  return beganMs + Math.min(pauseMs, Math.max(hintedPauseMs, tookMs * restPerLook));
}

/** The places to look at now, longest due first, as far as the limits allow beside those under way. */
export function chooseDue<P extends WatchedPlace>(
  places: readonly P[],
  underWay: readonly { readonly cluster: string }[],
  nowMs: number,
): readonly P[] {
  const busy = new Map<string, number>();
  const count = ({ cluster }: { readonly cluster: string }) => busy.set(cluster, (busy.get(cluster) ?? 0) + 1);
  for (const place of underWay) count(place);
  let free = overAllMost - underWay.length;
  return places
    .filter((place) => dueMs(place) <= nowMs)
    .toSorted((a, b) => dueMs(a) - dueMs(b) || 0)
    .filter((place) => {
      if (free <= 0 || (busy.get(place.cluster) ?? 0) >= perClusterMost) return false;
      free -= 1;
      count(place);
      return true;
    });
}
