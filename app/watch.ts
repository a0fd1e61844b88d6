import { isFault } from '../core/fault.ts';
import type { EngineDescription } from '../port/engine.ts';
import type { Clock } from '../port/clock.ts';
import type { Logger } from '../port/logger.ts';
import type { Store } from '../port/store.ts';
import { describeCluster } from './describe-cluster.ts';
import type { Clusters } from './clusters.ts';
import type { Looks } from './looks.ts';
import type { Recorded, RecordedEnvironment, RecordedState } from './recorded.ts';
import type { Statuses } from './statuses.ts';
import { createPause } from './watch-pause.ts';
import { chooseDue, dueMs, roundMs, type WatchedPlace } from './watch-schedule.ts';

export interface WatchParts {
  readonly store: Pick<Store, 'onAppended'>;
  readonly recorded: Recorded;
  readonly clusters: Clusters;
  readonly looks: Looks;
  readonly statuses: Statuses;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What a cluster last said of itself. */
export interface ClusterSeen {
  readonly description: EngineDescription | null;
  /** When it last answered, in ms since 1970; null: never. */
  readonly observedAt: number | null;
  /** Why it does not answer now; null when it does. */
  readonly trouble: string | null;
}

/** The loop that keeps looking at all that the platform has. */
export interface Watch {
  /** Null before the cluster was first asked. */
  cluster(name: string): ClusterSeen | null;
  /** Starts no look any more; resolves when those under way have ended, which `Looks.end` hastens. */
  stop(): Promise<void>;
}

/** The ledger is asked for news at least so often, and at most so often, in ms. */
const newsMs = 1_000;

/** How long to wait before listening again to an engine that closed its stream, in ms. */
const listenAgainMs = 2_000;

/** A place with what the loop remembers of it. */
interface Place {
  readonly cluster: string;
  readonly environment: string;
  hintedMs: number | null;
  failures: number;
  /** When the loop last tried: a look that could not even begin leaves no other trace. */
  triedMs: number | null;
}

interface ClusterNotes {
  seen: ClusterSeen | null;
  askedMs: number | null;
  isListened: boolean;
}

/** What the loop knows. */
interface Post {
  readonly parts: WatchParts;
  readonly signal: AbortSignal;
  readonly pause: ReturnType<typeof createPause>;
  state: RecordedState | null;
  readonly places: Map<string, Place>;
  readonly clusters: Map<string, ClusterNotes>;
  /** Looks under way. */
  readonly looking: Map<string, Place>;
  /** All that has to end before the loop has stopped. */
  readonly tasks: Set<Promise<void>>;
}

/** Begins to watch; never ends by itself, whatever fails. */
export function startWatch(parts: WatchParts): Watch {
  const ending = new AbortController();
  const { signal } = ending;
  const pause = createPause(parts.clock, signal);
  const post: Post = {
    parts,
    signal,
    pause,
    state: null,
    places: new Map(),
    clusters: new Map(),
    looking: new Map(),
    tasks: new Set(),
  };
  const unsubscribe = parts.store.onAppended(() => pause.wake());
  const watching = watchOn(post);
  return {
    cluster: (name) => post.clusters.get(name)?.seen ?? null,
    async stop() {
      unsubscribe();
      ending.abort(new Error('the watch stops'));
      await watching;
      await Promise.all(post.tasks);
    },
  };
}

async function watchOn(post: Post): Promise<void> {
  const { clock, logger } = post.parts;
  let newsAtMs = -Infinity;
  while (!post.signal.aborted) {
    if (clock.monotonic() - newsAtMs >= newsMs) {
      newsAtMs = clock.monotonic();
      try {
        takeIn(post, await post.parts.recorded.current());
      } catch (error) {
        logger.error('what the ledger says could not be read; it is tried again', { reason: String(error) });
      }
    }
    if (post.signal.aborted) return;
    const nextMs = Math.min(newsAtMs + newsMs, attend(post));
    await post.pause.wait(Math.max(0, nextMs - clock.monotonic()));
  }
}

/** Follows what was recorded: places that came and went, and those where something was done. */
function takeIn(post: Post, state: RecordedState): void {
  const before = post.state;
  if (before === state) return;
  post.state = state;
  const nowMs = post.parts.clock.monotonic();
  const wanted = new Map<string, Place>();
  for (const [environment, recorded] of state.environments) {
    const isNews = before !== null && before.environments.get(environment) !== recorded;
    for (const cluster of recorded.definition.clusters) {
      const key = `${cluster}/${environment}`;
      const place = post.places.get(key) ?? { cluster, environment, hintedMs: null, failures: 0, triedMs: null };
      if (isNews) place.hintedMs = nowMs;
      wanted.set(key, place);
    }
  }
  for (const key of post.places.keys()) if (!wanted.has(key)) post.places.delete(key);
  for (const [key, place] of wanted) post.places.set(key, place);
  const clusters = Object.keys(state.platform?.clusters ?? {});
  for (const name of post.clusters.keys()) if (!clusters.includes(name)) post.clusters.delete(name);
  for (const name of clusters)
    if (!post.clusters.has(name)) post.clusters.set(name, { seen: null, askedMs: null, isListened: false });
  post.parts.looks.retain([...wanted.values()]);
  post.parts.statuses.retain([...state.environments.keys()]);
}

/** Begins all that is due now; when the next look is due, Infinity when none is. */
function attend(post: Post): number {
  const nowMs = post.parts.clock.monotonic();
  const idle = waiting(post);
  const chosen = new Set(chooseDue(idle, [...post.looking.values()], nowMs));
  for (const { of } of chosen) run(post, look(post, of));
  for (const [name, notes] of post.clusters) {
    if (!notes.isListened) {
      notes.isListened = true;
      run(post, listen(post, name, notes));
    }
    if (notes.askedMs !== null && nowMs - notes.askedMs < roundMs) continue;
    notes.askedMs = nowMs;
    run(post, describe(post, name, notes));
  }
  return idle.reduce((next, place) => (chosen.has(place) ? next : Math.min(next, dueMs(place))), Infinity);
}

/** Places at which nobody of the loop looks just now, as the schedule wants them. */
function waiting({ parts, places, looking }: Post): readonly (WatchedPlace & { readonly of: Place })[] {
  return [...places].flatMap(([key, of]) => {
    if (looking.has(key)) return [];
    const { cluster, environment, hintedMs, failures, triedMs } = of;
    const newest = parts.looks.newest(cluster, environment);
    const beganMs = newest === null ? triedMs : Math.max(newest.beganMs, triedMs ?? -Infinity);
    return [{ cluster, environment, hintedMs, failures, beganMs, tookMs: newest?.tookMs ?? 0, of }];
  });
}

/** Lets something go on beside the loop. What fails in it is told and is no end of anything. */
function run(post: Post, work: Promise<void>): void {
  const { logger } = post.parts;
  const task = work
    .catch((error: unknown) => {
      if (!post.signal.aborted) logger.error('watching a cluster failed; it is tried again', { reason: String(error) });
    })
    .finally(() => {
      post.tasks.delete(task);
      post.pause.wake();
    });
  post.tasks.add(task);
}

async function look(post: Post, place: Place): Promise<void> {
  const { looks, clock, statuses } = post.parts;
  const key = `${place.cluster}/${place.environment}`;
  const nowMs = clock.monotonic();
  // A look that somebody else began after the hint will do.
  const maxAgeMs = place.hintedMs === null ? roundMs / 2 : Math.min(roundMs / 2, nowMs - place.hintedMs);
  place.triedMs = nowMs;
  place.failures += 1;
  post.looking.set(key, place);
  try {
    const seen = await looks.recent(place.cluster, place.environment, maxAgeMs);
    if (seen.kind === 'seen') place.failures = 0;
  } finally {
    post.looking.delete(key);
  }
  const recorded: RecordedEnvironment | undefined = post.state?.environments.get(place.environment);
  if (recorded !== undefined) statuses.of(recorded);
}

async function describe(post: Post, name: string, notes: ClusterNotes): Promise<void> {
  const observedAt = post.parts.clock.now();
  const answer = await describeCluster(post.parts, name, post.signal);
  if (answer.kind === 'silent') {
    const before = notes.seen ?? { description: null, observedAt: null };
    notes.seen = { ...before, trouble: answer.trouble };
    return;
  }
  // It is back: what was put off for its silence is due.
  if (notes.seen !== null && notes.seen.trouble !== null) hint(post, name, null);
  notes.seen = { description: answer.description, observedAt, trouble: null };
}

async function listen(post: Post, name: string, notes: ClusterNotes): Promise<void> {
  const { clusters, clock } = post.parts;
  try {
    const engine = await clusters.engine(name, post.signal);
    for await (const { environments } of engine.hints(post.signal)) hint(post, name, environments);
  } catch (error) {
    // A cluster that does not answer is told of where it is described.
    if (!isFault(error)) throw error;
  } finally {
    await clock.sleep(listenAgainMs, post.signal).catch(() => undefined);
    notes.isListened = false;
  }
}

/** Something may have changed on the cluster, in these environments; null: in any. */
function hint(post: Post, cluster: string, environments: ReadonlySet<string> | null): void {
  const nowMs = post.parts.clock.monotonic();
  const concerned =
    environments === null
      ? [...post.places.values()].filter((place) => place.cluster === cluster)
      : [...environments].flatMap((environment) => post.places.get(`${cluster}/${environment}`) ?? []);
  for (const place of concerned) place.hintedMs = nowMs;
  post.pause.wake();
}
