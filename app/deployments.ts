import type { DeploymentEvent } from '../core/event.ts';
import { Fault } from '../core/fault.ts';
import type { Digest } from '../core/hash.ts';
import { readEvent, type LedgerEntry } from '../core/ledger.ts';
import type { LogExcerpt } from '../core/outcome.ts';
import { permit } from '../core/rollout/permit.ts';
import { blockersOf } from '../core/rollout/queue.ts';
import type { Rollout } from '../core/rollout/state.ts';
import { fold } from '../core/rollout/step.ts';
import type { DeploymentRow, Store } from '../port/store.ts';
import { requireAccess } from './access.ts';
import type { Actor, DeploymentDetail, StepProgress } from './api.ts';
import { by, retryOnConflict, streams } from './append.ts';
import type { Blobs } from './blobs.ts';

/** What the driver knows of a deployment beyond the ledger: for people only, decides nothing. */
export interface Commentary {
  holds(deployment: string): readonly string[];
  progress(deployment: string): ReadonlyMap<string, StepProgress>;
}

export interface DeploymentParts {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly commentary: Commentary;
  readonly wake: (deployment: string) => void;
}

/** The events of a deployment's stream. */
export function deploymentEvents(entries: readonly LedgerEntry[]): readonly DeploymentEvent[] {
  return entries.map((entry) => readEvent(entry) as DeploymentEvent);
}

/** A deployment's row; `deployment.unknown` when there is none. */
export async function findDeployment(store: Store, id: string, signal: AbortSignal): Promise<DeploymentRow> {
  const row = await store.deployment(id, signal);
  if (row !== null) return row;
  throw new Fault('deployment.unknown', `There is no deployment ${id}.`, {
    facts: { deployment: id },
    next: '"dray deployments" lists them.',
  });
}

/** All that is known of one deployment. */
export async function deploymentDetail(
  parts: DeploymentParts,
  id: string,
  signal: AbortSignal,
): Promise<DeploymentDetail> {
  const { store, blobs, commentary } = parts;
  const row = await findDeployment(store, id, signal);
  const entries = await store.stream(streams.deployment(id), signal);
  const rollout = fold(deploymentEvents(entries));
  const unfinished = row.phase === 'queued' ? await store.unfinished({ environment: row.environment }, signal) : [];
  return {
    row,
    plan: await blobs.read('plan', row.plan, signal),
    rollout,
    entries,
    waitsFor: row.phase === 'queued' ? blockersOf(row, unfinished) : [],
    holds: row.phase === 'ended' ? [] : commentary.holds(id),
    progress: commentary.progress(id),
    excerpts: await excerptsOf(blobs, entries, signal),
  };
}

async function excerptsOf(
  blobs: Blobs,
  entries: readonly LedgerEntry[],
  signal: AbortSignal,
): Promise<ReadonlyMap<Digest, LogExcerpt | 'erased'>> {
  const excerpts = new Map<Digest, LogExcerpt | 'erased'>();
  for (const event of deploymentEvents(entries)) {
    const logs = 'cause' in event && event.cause !== null && 'logs' in event.cause ? event.cause.logs : null;
    const excerpt = logs === null || excerpts.has(logs) ? null : await blobs.excerpt(logs, signal);
    if (logs !== null && excerpt !== null) excerpts.set(logs, excerpt);
  }
  return excerpts;
}

/** Asks for the end of a deployment: rolled back, or left as it is. The driver carries it out. */
export async function cancel(
  parts: DeploymentParts,
  actor: Actor,
  id: string,
  leave: boolean,
  signal: AbortSignal,
): Promise<DeploymentDetail> {
  await retryOnConflict(async () => {
    const row = await findDeployment(parts.store, id, signal);
    requireAccess(actor, 'deploy', row);
    const plan = await parts.blobs.read('plan', row.plan, signal);
    const stream = streams.deployment(id);
    const entries = await parts.store.stream(stream, signal);
    const rollout = fold(deploymentEvents(entries));
    if ('cancel' in rollout && rollout.cancel !== null) return;
    const event = { kind: 'cancel-requested', deployment: id, by: actor.id, leave } as const;
    if (permit(plan, rollout, event) !== null) throw refusalOf(id, rollout);
    await parts.store.append(
      { appends: [{ stream, expectedVersion: entries.length, entries: by(actor.id, [event]) }] },
      signal,
    );
  });
  parts.wake(id);
  return deploymentDetail(parts, id, signal);
}

function refusalOf(id: string, rollout: Rollout): Fault {
  if (rollout.phase === 'ended') {
    return new Fault('deployment.ended', `${id} has ended: ${rollout.outcome}.`, {
      facts: { deployment: id, outcome: rollout.outcome },
      next: `To go back: dray rollback ${rollout.accepted.environment}.`,
    });
  }
  return new Fault('deployment.reverting', `${id} is rolling back already.`, {
    facts: { deployment: id },
    next: `Watch it: dray show ${id}.`,
  });
}
