import { Fault, isFault, type FaultCode } from '../../core/fault.ts';
import { goalKey, type Refusal, type Write } from '../../core/rollout/decide.ts';
import type { Limit } from '../../core/rollout/starts.ts';
import type { Digest } from '../../core/hash.ts';
import type { Target } from '../../core/workload.ts';
import { secretsFor } from './open-secret.ts';
import { storeDeadlineMs, within, writeDeadlineMs, type DriveParts } from './parts.ts';
import type { Followed } from './record.ts';

/** What became of a write: done, refused for good, or to be tried again after the next look. */
export type WriteResult =
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** `code`: the fault that stood in the way, if one did. */
  | { readonly kind: 'later'; readonly message: string; readonly code?: FaultCode };

/**
 * Answers that no repetition changes. That a key file is missing, wrong or exposed is waited for, as a source that is silent
 * is: who mends it within the deadline passes through all three (a copy is incomplete, then it lacks its mode).
 */
const final = new Set([
  'engine.refused',
  'engine.foreign',
  'registry.denied',
  'secret.unknown',
  'secret.revoked',
  'secret.gone',
  'secret.denied',
  'secret.broken',
  'secret.too-short',
]);

/** Asks the engine for one goal, with no more than the limit for now. Safe to repeat: the engine looks before it writes. */
export async function write(
  parts: DriveParts,
  followed: Followed,
  goal: Write,
  limit: Limit | null,
  signal: AbortSignal,
): Promise<WriteResult> {
  // Nothing of it may still be on its way when another driver takes over.
  if (parts.lease.leftMs() < writeDeadlineMs)
    return {
      kind: 'later',
      message: 'the lease of this server is over, or nearly so: it is not known who drives next',
    };
  const deadline = within(parts.clock, writeDeadlineMs, signal);
  try {
    await ask(parts, followed, goal, limit, deadline);
    return { kind: 'done' };
  } catch (error) {
    if (signal.aborted) throw error;
    if (!isFault(error)) {
      if (deadline.aborted)
        return {
          kind: 'later',
          message: `${goal.step.spot.cluster} took longer than ${writeDeadlineMs / 1000} s for a write`,
        };
      throw error;
    }
    if (error.code === 'engine.fenced') throw await fenced(parts, error, signal);
    if (final.has(error.code)) return { kind: 'refused', refusal: { code: error.code, message: error.message } };
    parts.logger.warn('a write is to be repeated', {
      deployment: followed.id,
      goal: goalKey(goal),
      code: error.code,
      reason: error.message,
    });
    return { kind: 'later', message: error.message, code: error.code };
  }
}

/**
 * Somebody newer has written: this driver must not write, nor count time against the step. A generation that this
 * ledger never granted tells of a ledger that was restored from a backup.
 */
async function fenced({ store, clock }: DriveParts, fault: Fault, signal: AbortSignal): Promise<Fault> {
  const highest = (await store.lease(within(clock, storeDeadlineMs, signal)))?.generation ?? 0;
  const { generation } = fault.facts;
  if (typeof generation !== 'number' || generation <= highest) return fault;
  return new Fault(
    'ledger.behind-engine',
    `The cluster bears generation ${generation}, but this ledger granted none above ${highest}: it was restored from a backup.`,
    {
      facts: { ...fault.facts, highest },
      next: 'Bring back the newest ledger, or go on with this one: dray recover. Nothing is written to this cluster until then.',
      cause: fault,
    },
  );
}

async function ask(
  parts: DriveParts,
  followed: Followed,
  { step, target }: Write,
  limit: Limit | null,
  signal: AbortSignal,
): Promise<void> {
  const { installation, lease } = parts;
  const engine = await parts.clusters.engine(step.spot.cluster, signal);
  const writer = { installation, deployment: followed.id, generation: lease.generation };
  if (target === null) {
    await engine.remove({ writer, environment: followed.environment, spot: step.spot }, signal);
    return;
  }
  const goal = await parts.blobs.read('target', target, signal);
  const use = { cluster: step.spot.cluster, deployment: followed.id, lease: lease.generation };
  const credentials = await parts.logins.forEngine(goal.workload.image, use, signal);
  const whenTasksFail = followed.rollout.phase === 'reverting' ? 'continue' : 'pause';
  const files = await filesOf(parts, goal, signal);
  const held = limit === null ? {} : { limit };
  const openSecret = secretsFor(parts, followed, goal);
  await engine.apply({ writer, target: goal, files, credentials, openSecret, whenTasksFail, ...held }, signal);
}

async function filesOf(
  { blobs }: DriveParts,
  { workload }: Target,
  signal: AbortSignal,
): Promise<ReadonlyMap<Digest, Uint8Array>> {
  const contents = workload.configs.map(async ({ content }): Promise<[Digest, Uint8Array]> => [
    content,
    await blobs.bytes(content, signal),
  ]);
  return new Map(await Promise.all(contents));
}
