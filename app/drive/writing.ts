import { goalKey, type ClusterView, type Write } from '../../core/rollout/decide.ts';
import type { Limit } from '../../core/rollout/starts.ts';
import type { Memory } from './memory.ts';
import { patienceMs, type DriveParts } from './parts.ts';
import type { Followed } from './record.ts';
import { settledWithin } from './sights.ts';
import { standingIn } from './standing.ts';
import { createSecretPatience } from './secret-patience.ts';
import { write } from './write.ts';

/** What a deployment's cluster takes at once. */
export interface ClusterLimits {
  readonly stepsAtOnce: number;
  readonly startsAtOnce: number;
}

/** A round's writes: what they are decided on. */
export interface WriteRound {
  readonly followed: Followed;
  readonly memory: Memory;
  readonly clusters: { readonly [cluster: string]: ClusterView };
  readonly limits: ReadonlyMap<string, ClusterLimits>;
}

/** A write that the engine took. */
export interface TakenWrite {
  /** When that was known, by the monotonic clock. */
  readonly atMs: number;
  /** As in `Write`. */
  readonly target: string | null;
  readonly limit: Limit | null;
}

/** One deployment's writes to its engines: never two of the same step at once, and none waits for another. */
export interface Writing {
  /** Ids of the steps for which a write is under way. */
  busy(): ReadonlySet<string>;
  /** Whether a write of the step was under way at that moment of the monotonic clock, or later. */
  overlaps(step: string, atMs: number): boolean;
  /** The step's last write that the engine took, forward or back; null when none is known. */
  taken(step: string): TakenWrite | null;
  /** Begins the writes that the start throttle lets through, and waits a moment for them to end. */
  begin(writes: readonly Write[], round: WriteRound, signal: AbortSignal): Promise<void>;
  /** Waits for all that are under way; rejects with what went wrong with any. */
  end(): Promise<void>;
}

export function createWriting(parts: DriveParts): Writing {
  const { clock, starts, notes } = parts;
  const underWay = new Map<string, Promise<void>>();
  const patience = createSecretPatience(clock);
  const endedMs = new Map<string, number>();
  const taken = new Map<string, TakenWrite>();
  let failure: { readonly error: unknown } | null = null;

  async function carryOut(goal: Write, limit: Limit | null, round: WriteRound, signal: AbortSignal): Promise<void> {
    const { followed, memory } = round;
    try {
      const deadlineMs = goal.target === null ? undefined : memory.targets.get(goal.target)?.policy.deadlineMs;
      const result = patience.judge(goalKey(goal), await write(parts, followed, goal, limit, signal), deadlineMs);
      notes.setHold(followed.id, goalKey(goal), result.kind === 'later' ? `${goal.step.id}: ${result.message}` : null);
      if (result.kind === 'done') taken.set(goal.step.id, { atMs: clock.monotonic(), target: goal.target, limit });
      if (result.kind === 'refused') memory.refusals.set(goalKey(goal), result.refusal);
    } catch (error) {
      failure = { error };
    } finally {
      underWay.delete(goal.step.id);
      endedMs.set(goal.step.id, clock.monotonic());
    }
  }
  /** Whether the goal may be written now, and with which limit. */
  function share(
    goal: Write,
    { followed, memory, clusters, limits }: WriteRound,
  ): { readonly limit: Limit | null } | null {
    const { cluster } = goal.step.spot;
    const standing = standingIn(memory.targets, goal, clusters[cluster]);
    if (standing === null) return { limit: null };
    const isRollback = followed.rollout.phase === 'reverting';
    const most = limits.get(cluster)?.startsAtOnce ?? 1;
    return starts.ask({ deployment: followed.id, goal }, standing, { most, isRollback });
  }
  function throwFailure(): void {
    if (failure !== null) throw failure.error;
  }
  return {
    busy: () => new Set(underWay.keys()),
    overlaps: (step, atMs) => underWay.has(step) || (endedMs.get(step) ?? -Infinity) > atMs,
    taken: (step) => taken.get(step) ?? null,
    async begin(writes, round, signal) {
      const begun: Promise<void>[] = [];
      for (const goal of writes) {
        if (underWay.has(goal.step.id)) continue;
        const granted = share(goal, round);
        if (granted === null) continue;
        const writing = carryOut(goal, granted.limit, round, signal);
        underWay.set(goal.step.id, writing);
        begun.push(writing);
      }
      if (begun.length > 0) await settledWithin(clock, Promise.all(begun), patienceMs, signal);
      throwFailure();
    },
    async end() {
      await Promise.all(underWay.values());
      throwFailure();
    },
  };
}
