import { isFault } from '../../core/fault.ts';
import { neededContents } from './needed.ts';
import { storeDeadlineMs, within, type DriveParts } from './parts.ts';

/** How long after the last time an environment is pruned again at the earliest, in ms. */
const everyMs = 10_000;

/** How long an environment is left alone whose pruning failed, in ms: what is left over there is only untidy. */
const restMs = 300_000;

/** How long one cluster may take, in ms: a deployment may be waiting. */
const clusterMs = 5_000;

/** Takes from the engines what no environment needs any more, one environment at a time. */
export interface Pruning {
  /** A deployment has ended there. */
  due(environment: string): void;
  /** While this is so no deployment of the environment may begin: what it is about to refer to could go. */
  isUnderWay(environment: string): boolean;
  /** Begins with what is due, the first time with all there is; called by the driver between two rounds. */
  attend(): void;
  /** Waits for what is under way, which ends with the driver's signal. */
  end(): Promise<void>;
}

/** `freed` is called when an environment is free again. */
export function createPruning(parts: DriveParts, freed: () => void, signal: AbortSignal): Pruning {
  const { clock, logger } = parts;
  const dueMs = new Map<string, number>();
  const lastMs = new Map<string, number>();
  let isBegun = false;
  let underWay: { readonly environment: string | null; readonly done: Promise<void> } | null = null;

  async function prune(environment: string): Promise<void> {
    try {
      const gone = await pruneEnvironment(parts, environment, signal);
      if (gone > 0) logger.info('removed what no rollback needs any more', { environment, objects: gone });
    } catch (error) {
      if (signal.aborted) return;
      dueMs.set(environment, clock.monotonic() + restMs);
      const reason = error instanceof Error ? error.message : String(error);
      logger.warn('what nothing needs any more could not be removed; it is tried again', { environment, reason });
    } finally {
      lastMs.set(environment, clock.monotonic());
    }
  }
  /** What ended just before the driver of before did has not been tidied up after. */
  async function begin(): Promise<void> {
    try {
      const { platform } = await parts.platform.current(within(clock, storeDeadlineMs, signal));
      for (const environment of Object.keys(platform.environments)) dueMs.set(environment, clock.monotonic());
      isBegun = true;
    } catch (error) {
      // There is no platform yet, or the store does not answer: the next round tries again.
      if (!signal.aborted && !isFault(error)) throw error;
    }
  }
  function run(environment: string | null, work: Promise<void>): void {
    const done = work
      .catch((error: unknown) => logger.error('tidying up failed', { reason: String(error) }))
      .finally(() => {
        underWay = null;
        freed();
      });
    underWay = { environment, done };
  }
  return {
    due(environment) {
      const before = lastMs.get(environment);
      dueMs.set(environment, before === undefined ? clock.monotonic() : before + everyMs);
    },
    isUnderWay: (environment) => underWay?.environment === environment,
    attend() {
      if (underWay !== null || signal.aborted) return;
      if (!isBegun) {
        run(null, begin());
        return;
      }
      const nowMs = clock.monotonic();
      const [next] = [...dueMs].find(([, atMs]) => atMs <= nowMs) ?? [];
      if (next === undefined) return;
      dueMs.delete(next);
      run(next, prune(next));
    },
    end: async () => await underWay?.done,
  };
}

async function pruneEnvironment(parts: DriveParts, environment: string, signal: AbortSignal): Promise<number> {
  const { clock, lease, installation } = parts;
  const deadline = within(clock, storeDeadlineMs, signal);
  const { platform } = await parts.platform.current(deadline);
  const clusters = Object.hasOwn(platform.environments, environment)
    ? (platform.environments[environment]?.clusters ?? [])
    : [];
  if (clusters.length === 0) return 0;
  const keep = await neededContents(parts, environment, deadline);
  const writer = { installation, generation: lease.generation };
  let gone = 0;
  const failures: unknown[] = [];
  for (const cluster of clusters)
    try {
      // Nothing of it may still be on its way when another driver takes over.
      if (lease.leftMs() < clusterMs) throw new Error('the lease of this server is over, or nearly so');
      const engine = await parts.clusters.engine(cluster, deadline);
      gone += await engine.prune({ writer, environment, keep }, within(clock, clusterMs, signal));
    } catch (error) {
      failures.push(error);
    }
  if (failures.length > 0) throw failures[0];
  return gone;
}
