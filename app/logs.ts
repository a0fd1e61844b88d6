import { Fault } from '../core/fault.ts';
import type { Spot } from '../core/workload.ts';
import { requireAccess } from './access.ts';
import type { Actor, LogsInput, PlacedLogLine } from './api.ts';
import type { Clusters } from './clusters.ts';
import type { PlanningParts } from './planning.ts';
import { inventoryOf } from './planning-inventory.ts';
import type { Secrets } from './secrets/secrets.ts';

/** How many lines may wait for a slow reader before the engines are made to wait. */
const queueMost = 1_000;

/** How many lines are put in order at once. */
const sortedMost = 20_000;

export interface LogParts extends Pick<PlanningParts, 'store' | 'blobs' | 'platform'> {
  readonly clusters: Clusters;
  readonly secrets: Pick<Secrets, 'remember'>;
}

/** Lines of all tasks of a service, merged over its components and clusters as they come; `auth.not-allowed`. */
export async function* serviceLogs(
  parts: LogParts,
  actor: Actor,
  environment: string,
  input: LogsInput,
  signal: AbortSignal,
): AsyncIterable<PlacedLogLine> {
  requireAccess(actor, 'read-logs', { environment, services: [input.service] });
  await parts.platform.environment(environment, signal);
  const spots = await spotsOf(parts, environment, input, signal);
  const ending = new AbortController();
  const either = AbortSignal.any([signal, ending.signal]);
  const sources = spots.map((spot) => linesOf(parts, environment, spot, input, either));
  try {
    yield* input.follow ? merge(sources, either) : inOrder(merge(sources, either));
  } finally {
    ending.abort();
  }
}

async function spotsOf(
  parts: LogParts,
  environment: string,
  input: LogsInput,
  signal: AbortSignal,
): Promise<readonly Spot[]> {
  const inventory = await inventoryOf(parts, environment, signal);
  const own = inventory.filter((item) => item.spot.service === input.service);
  for (const { target } of own) await parts.secrets.remember(target.workload, signal);
  const spots = own
    .map((item) => item.spot)
    .filter((spot) => input.component === null || spot.component === input.component)
    .filter((spot) => input.cluster === null || spot.cluster === input.cluster);
  if (spots.length > 0) return spots;
  const known = [...new Set(inventory.map((item) => item.spot.service))].toSorted();
  throw new Fault(
    'service.unknown',
    `${environment} runs no ${[input.service, input.component].filter((it) => it !== null).join('/')}.`,
    {
      facts: { environment, service: input.service, known },
      next: known.length === 0 ? 'Nothing runs there yet.' : `It runs ${known.join(', ')}.`,
    },
  );
}

async function* linesOf(
  parts: LogParts,
  environment: string,
  spot: Spot,
  { tail, follow }: LogsInput,
  signal: AbortSignal,
): AsyncIterable<PlacedLogLine> {
  const engine = await parts.clusters.engine(spot.cluster, signal);
  for await (const line of engine.logs({ environment, spot, tail, follow }, signal)) {
    yield { ...line, cluster: spot.cluster, component: spot.component };
  }
}

/** Lines that are there already, in the order of time as far as the engines tell it; of very many, piece by piece. */
async function* inOrder(lines: AsyncIterable<PlacedLogLine>): AsyncIterable<PlacedLogLine> {
  let piece: PlacedLogLine[] = [];
  const sorted = () => piece.toSorted((a, b) => (a.timeMs ?? 0) - (b.timeMs ?? 0));
  for await (const line of lines) {
    piece.push(line);
    if (piece.length < sortedMost) continue;
    yield* sorted();
    piece = [];
  }
  yield* sorted();
}

/** Yields from all sources as their items come; the first failure ends it. A source waits while the queue is full. */
async function* merge<T>(sources: readonly AsyncIterable<T>[], signal: AbortSignal): AsyncIterable<T> {
  const queue: T[] = [];
  let open = sources.length;
  let changed = Promise.withResolvers<void>();
  let drained = Promise.withResolvers<void>();
  const failures: unknown[] = [];
  const note = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const pump = async (source: AsyncIterable<T>) => {
    try {
      for await (const item of source) {
        queue.push(item);
        note();
        while (queue.length >= queueMost && !signal.aborted) await drained.promise;
      }
    } catch (error) {
      failures.push(error);
    } finally {
      open -= 1;
      note();
    }
  };
  for (const source of sources) void pump(source);
  for (;;) {
    const next = changed.promise;
    while (queue.length > 0) yield queue.shift() as T;
    drained.resolve();
    drained = Promise.withResolvers();
    if (failures.length > 0 && !signal.aborted) throw failures[0];
    if (open === 0) return;
    await next;
  }
}
