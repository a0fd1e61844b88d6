import type { DeploymentEvent } from '../../core/event.ts';
import { permit } from '../../core/rollout/permit.ts';
import type { Plan } from '../../core/plan.ts';
import { specAfter } from '../../core/rollout/applied.ts';
import type { Rollout } from '../../core/rollout/state.ts';
import { foldFrom } from '../../core/rollout/step.ts';
import { sha256 } from '../../core/hash.ts';
import type { AppendRequest } from '../../port/store.ts';
import { by, self, streams } from '../append.ts';
import { toBlob } from '../blobs.ts';
import { currentSpec } from '../specs.ts';
import { within, storeDeadlineMs, type DriveParts } from './parts.ts';

/** A deployment as one driver follows it: the fold of the first `version` entries of its stream. */
export interface Followed {
  readonly id: string;
  readonly environment: string;
  readonly plan: Plan;
  readonly rollout: Rollout;
  readonly version: number;
}

/**
 * Records events of a deployment, if its stream still is where it was read (`store.conflict` otherwise) and, for a
 * driver, no later lease was granted (`lease.lost`). When the
 * deployment ends, what the environment is to run from now on is recorded in the same transaction.
 */
export async function record(
  parts: Pick<DriveParts, 'store' | 'blobs' | 'clock'> & { readonly lease?: Pick<DriveParts['lease'], 'generation'> },
  followed: Followed,
  events: readonly DeploymentEvent[],
  blobs: readonly Uint8Array[],
  signal: AbortSignal,
): Promise<Followed> {
  const deadline = within(parts.clock, storeDeadlineMs, signal);
  const folding = foldFrom(followed.rollout);
  for (const event of events) {
    const reason = permit(followed.plan, folding.state(), event);
    if (reason !== null) throw new Error(`${event.kind} may not be recorded on ${followed.id}: ${reason}`);
    folding.take(event);
  }
  const next = { ...followed, rollout: folding.state(), version: followed.version + events.length };
  const own = { stream: streams.deployment(followed.id), expectedVersion: followed.version, entries: by(self, events) };
  const revision = await revisionAfter(parts, next, deadline);
  await parts.store.append(
    {
      appends: [own, ...(revision?.appends ?? [])],
      blobs: [...blobs, ...(revision?.blobs ?? [])],
      ...(parts.lease === undefined ? {} : { lease: parts.lease.generation }),
    },
    deadline,
  );
  return next;
}

async function revisionAfter(
  { store, blobs }: Pick<DriveParts, 'store' | 'blobs'>,
  { id, environment, plan, rollout }: Followed,
  signal: AbortSignal,
): Promise<AppendRequest | null> {
  if (rollout.phase !== 'ended') return null;
  const stream = streams.environment(environment);
  const expectedVersion = await store.version(stream, signal);
  const { revision, spec } = await currentSpec({ store, blobs }, environment, signal);
  const after = specAfter(spec, plan, rollout);
  if (after === null) return null;
  const blob = toBlob(after);
  const event = {
    kind: 'spec-revised',
    environment,
    revision: revision + 1,
    spec: sha256(blob),
    deployment: id,
  } as const;
  return { appends: [{ stream, expectedVersion, entries: by(self, [event]) }], blobs: [blob] };
}
