import { Fault } from '../core/fault.ts';
import { digestOf, type Digest } from '../core/hash.ts';
import { readEvent } from '../core/ledger.ts';
import { isEmpty, stepsOf } from '../core/plan.ts';
import { permit } from '../core/rollout/permit.ts';
import { blockersOf } from '../core/rollout/queue.ts';
import { contentsOf } from '../core/rollout/needed.ts';
import { fold } from '../core/rollout/step.ts';
import type { Clock } from '../port/clock.ts';
import type { DeploymentRow, StreamAppend } from '../port/store.ts';
import { requireAccess } from './access.ts';
import { adviceFor } from './advice.ts';
import type { Actor, DeployAnswer, PlanInput, PlannedDeployment } from './api.ts';
import { by, receiptOf, retryOnConflict, self, streams } from './append.ts';
import { toBlob } from './blobs.ts';
import { configChanges, contentReader } from './config-changes.ts';
import { deploymentEvents } from './deployments.ts';
import { environmentOf } from './platform.ts';
import { bringerOf } from './planning-ahead.ts';
import { planFor, type Planned, type PlanningParts } from './planning.ts';

/** How long an idempotency key is remembered. */
const keyKeptMs = 7 * 24 * 3_600_000;

export interface DeployParts extends PlanningParts {
  readonly clock: Clock;
  /** A fresh random name, such as `d-4k2m9x...`. */
  readonly newDeploymentId: () => string;
  /** Tells the driver that something is waiting for it. */
  readonly wake: (deployment: string) => void;
}

export interface DeployInput extends PlanInput {
  readonly expectPlan: Digest | null;
  readonly idempotencyKey: string | null;
}

/** The plan, with whom it would wait for. */
export async function planned(parts: PlanningParts, input: PlanInput, signal: AbortSignal): Promise<PlannedDeployment> {
  const result = await planFor(parts, input, signal);
  const unfinished = await parts.store.unfinished({ environment: result.environment }, signal);
  const read = contentReader(parts.blobs, result.rendered);
  const target = async (digest: Digest) =>
    result.targets.get(digest) ?? (await parts.blobs.read('target', digest, signal));
  return {
    plan: result.plan,
    warnings: result.warnings,
    digest: result.digest,
    advice: await adviceFor(read, result, signal),
    configs: await configChanges({ target, content: read }, result.plan, signal),
    waitsFor: waitsFor('', result, unfinished),
  };
}

/**
 * Accepts a deployment; returns once that is durable. The same request is joined, and so is, while it is unfinished, the
 * same plan, and whichever brings all that is asked.
 */
export async function deploy(
  parts: DeployParts,
  actor: Actor,
  input: DeployInput,
  signal: AbortSignal,
): Promise<DeployAnswer> {
  const answer = await retryOnConflict(() => attempt(parts, actor, input, signal));
  if (answer.kind === 'accepted') parts.wake(answer.deployment);
  return answer;
}

async function attempt(
  parts: DeployParts,
  actor: Actor,
  input: DeployInput,
  signal: AbortSignal,
): Promise<DeployAnswer> {
  const request = await earlierRequest(parts, actor, input, signal);
  if (request.kind === 'known') return joined(parts, actor, request.deployment, signal);
  const result = await planFor(parts, input, signal);
  requireAccess(actor, 'deploy', { environment: result.environment, services: servicesOf(result) });
  if (input.expectPlan !== null && input.expectPlan !== result.digest) throw planChanged(result);
  if (isEmpty(result.plan)) {
    const bringer = bringerOf(result.foreseen);
    if (bringer !== null) return await joined(parts, actor, bringer.deployment, signal, bringer.services);
    return { kind: 'nothing-to-do', plan: result.digest, revision: result.revision };
  }
  const unfinished = await parts.store.unfinished({ environment: result.environment }, signal);
  const twin = unfinished.find((row) => row.plan === result.digest);
  if (twin !== undefined && input.idempotencyKey === null) return joined(parts, actor, twin.id, signal);
  return accept(parts, actor, { result, unfinished, request }, signal);
}

type Request =
  | { readonly kind: 'none' }
  | { readonly kind: 'known'; readonly deployment: string }
  | { readonly kind: 'fresh'; readonly stream: string; readonly version: number; readonly digest: Digest };

/** Whether this actor used the idempotency key before; with another request that is `request.key-reused`. */
async function earlierRequest(
  { store, clock }: DeployParts,
  actor: Actor,
  input: DeployInput,
  signal: AbortSignal,
): Promise<Request> {
  const { idempotencyKey, ...asked } = input;
  if (idempotencyKey === null) return { kind: 'none' };
  const stream = streams.request(digestOf([actor.id, idempotencyKey]));
  const digest = digestOf(asked);
  const entries = await store.stream(stream, signal);
  const last = entries.at(-1);
  if (last === undefined || last.time < clock.now() - keyKeptMs)
    return { kind: 'fresh', stream, version: entries.length, digest };
  const event = readEvent(last);
  if (event.kind !== 'request-accepted') throw new Error(`${stream} holds a ${event.kind}`);
  const { deployment } = event;
  if (event.request === digest) return { kind: 'known', deployment };
  throw new Fault(
    'request.key-reused',
    `The idempotency key was used for another request; that one became ${deployment}.`,
    {
      facts: { deployment },
      next: 'Send a new key with a new request.',
    },
  );
}

interface Acceptance {
  readonly result: Planned;
  readonly unfinished: readonly DeploymentRow[];
  readonly request: Request;
}

async function accept(
  parts: DeployParts,
  actor: Actor,
  { result, unfinished, request }: Acceptance,
  signal: AbortSignal,
): Promise<DeployAnswer> {
  const { store } = parts;
  const { platform } = await parts.platform.current(signal);
  const { onFailure, waiting } = environmentOf(platform, result.environment);
  const deployment = parts.newDeploymentId();
  const services = servicesOf(result);
  const { environment, digest: plan } = result;
  const accepted = {
    kind: 'deployment-accepted',
    deployment,
    environment,
    plan,
    services,
    onFailure,
    restores: result.restores,
    reason: result.reason,
  } as const;
  const queued = { kind: 'deployment-queued', environment, deployment, plan } as const;
  const appends: StreamAppend[] = [
    { stream: streams.deployment(deployment), expectedVersion: 0, entries: by(actor.id, [accepted]) },
    {
      stream: streams.environment(environment),
      expectedVersion: result.environmentVersion,
      entries: by(actor.id, [queued]),
    },
  ];
  if (request.kind === 'fresh') {
    const event = { kind: 'request-accepted', request: request.digest, deployment } as const;
    appends.push({ stream: request.stream, expectedVersion: request.version, entries: by(actor.id, [event]) });
  }
  const gone = new Set<DeploymentRow>();
  for (const row of waiting === 'supersede' ? supersededBy(services, unfinished) : []) {
    const end = await supersede(parts, row, deployment, signal);
    if (end === null) continue;
    appends.push(end);
    gone.add(row);
  }
  const blobs = [toBlob(result.plan), ...[...result.targets.values()].map(toBlob), ...renderedIn(result)];
  const { entries } = await store.append({ appends, blobs }, signal);
  const [first] = entries;
  if (first === undefined) throw new Error('the store answered without the entry');
  const remaining = unfinished.filter((row) => !gone.has(row));
  return {
    kind: 'accepted',
    deployment,
    plan,
    receipt: receiptOf(first),
    waitsFor: waitsFor(deployment, result, remaining),
  };
}

/** What the targets of a plan need of what templates came to: stored with them, so that a rollback finds it. */
function renderedIn({ targets, rendered }: Planned): readonly Uint8Array[] {
  const needed = new Set([...targets.values()].flatMap(contentsOf));
  return [...rendered].flatMap(([digest, text]) => (needed.has(digest) ? [new TextEncoder().encode(text)] : []));
}

/** Waiting deployments all of whose services the newer one covers. */
function supersededBy(services: readonly string[], unfinished: readonly DeploymentRow[]): readonly DeploymentRow[] {
  return unfinished.filter(
    (row) => row.phase === 'queued' && row.services.every((service) => services.includes(service)),
  );
}

/** The end of a waiting deployment; null for one that has begun by now, or whose cancel was requested: it goes its own way. */
async function supersede(
  { store, blobs }: DeployParts,
  row: DeploymentRow,
  newer: string,
  signal: AbortSignal,
): Promise<StreamAppend | null> {
  const stream = streams.deployment(row.id);
  const entries = await store.stream(stream, signal);
  const cause = { kind: 'superseded', by: newer } as const;
  const ended = { kind: 'deployment-ended', deployment: row.id, outcome: 'superseded', cause, unknown: [] } as const;
  const plan = await blobs.read('plan', row.plan, signal);
  if (permit(plan, fold(deploymentEvents(entries)), ended) !== null) return null;
  return { stream, expectedVersion: entries.length, entries: by(self, [ended]) };
}

/** Whoever joins has to be allowed to deploy what they asked for: all services of it, unless these are told. */
async function joined(
  { store }: DeployParts,
  actor: Actor,
  id: string,
  signal: AbortSignal,
  services?: readonly string[],
): Promise<DeployAnswer> {
  const [entry] = await store.stream(streams.deployment(id), signal);
  const row = await store.deployment(id, signal);
  if (entry === undefined || row === null) throw new Fault('store.broken', `The stream of ${id} is missing.`);
  requireAccess(actor, 'deploy', { environment: row.environment, services: services ?? row.services });
  const unfinished = await store.unfinished({ environment: row.environment }, signal);
  const blockers = row.phase === 'queued' ? blockersOf(row, unfinished).map((it) => it.deployment) : [];
  return { kind: 'joined', deployment: id, plan: row.plan, receipt: receiptOf(entry), waitsFor: blockers };
}

/** All services whose steps or entries the plan changes, sorted: what it locks. */
function servicesOf({ plan }: Planned): readonly string[] {
  return [...new Set([...Object.keys(plan.changes), ...stepsOf(plan).map((step) => step.spot.service)])].toSorted();
}

function waitsFor(id: string, result: Planned, unfinished: readonly DeploymentRow[]): readonly string[] {
  const holder = { id, environment: result.environment, services: servicesOf(result) };
  return blockersOf(holder, unfinished).map((blocker) => blocker.deployment);
}

function planChanged(result: Planned): Fault {
  return new Fault('plan.changed', `What runs in ${result.environment} changed since the plan was shown.`, {
    facts: { environment: result.environment, plan: result.digest },
    next: 'Look at the plan again, then deploy.',
  });
}
