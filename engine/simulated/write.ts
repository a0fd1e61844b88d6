import { Fault } from '../../core/fault.ts';
import { secretName, workloadName } from '../../core/names.ts';
import type { UpdatePolicy } from '../../core/workload.ts';
import type { ApplyRequest, PruneRequest, RemoveRequest, RenewRequest, Writer, Written } from '../../port/engine.ts';
import { silent, send, type Asked, type Link } from './link.ts';
import { objectOf } from './manager.ts';
import { fits } from './node.ts';
import type { HeldService, ServiceObject } from './world.ts';

/*
 * The same loop as a real Swarm's driver has: look, refuse what is not ours to write, write with what was seen as the
 * condition, and all of it again when that is not so any more.
 */

const limits = {
  /** How often a write is repeated from its look on, when the object changed in between. */
  attempts: 8,
  attemptPauseMs: 50,
  /** How long the containers of a removed service may take to end before another takes its name. */
  goneMs: 60_000,
  gonePollMs: 250,
} as const;

/** `retry`: somebody changed something since the look; look again. */
type Attempt = Written | 'retry';

/** See `Engine.apply`. */
export async function applyTarget(link: Link, request: ApplyRequest, signal: AbortSignal): Promise<Written> {
  const { environment } = request.target.workload;
  const name = workloadName(request.target.workload);
  const written = await persist(link, name, signal, async () => {
    const live = await inspect(link, { environment, name }, signal);
    if (live === null) return await create(link, request, name, signal);
    guard(link, name, live.object, request.writer);
    return await applyOver(link, request, live, signal);
  });
  return answered(link, written);
}

/** See `Engine.remove`. */
export async function removeWorkload(link: Link, request: RemoveRequest, signal: AbortSignal): Promise<Written> {
  const { environment, spot, writer } = request;
  const name = workloadName({ environment, ...spot });
  const written = await persist(link, name, signal, async () => {
    const live = await inspect(link, { environment, name }, signal);
    if (live === null) return 'absent';
    guard(link, name, live.object, writer);
    return (await removeLive(link, live, writer, signal)) ? 'removed' : 'retry';
  });
  return answered(link, written);
}

/** See `Engine.renew`. */
export async function renewCredentials(link: Link, request: RenewRequest, signal: AbortSignal): Promise<Written> {
  const { environment, spot, writer, credentials } = request;
  const name = workloadName({ environment, ...spot });
  const written = await persist(link, name, signal, async () => {
    const live = await inspect(link, { environment, name }, signal);
    if (live === null) return 'absent';
    guard(link, name, live.object, writer);
    const id = credentials.id ?? null;
    if (live.object.credentials === id || isMidway(live)) return 'unchanged';
    return (await update(link, live, { ...live.object, credentials: id }, signal)) ? 'updated' : 'retry';
  });
  return answered(link, written);
}

/** A write takes back what was said of the update before it, and so sets a stopped one going again. */
function isMidway({ updateState }: HeldService): boolean {
  return updateState === 'updating' || updateState === 'paused';
}

/** See `Engine.prune`. */
export async function pruneContents(
  link: Link,
  { writer, environment, keep }: PruneRequest,
  signal: AbortSignal,
): Promise<number> {
  const { manager, cluster } = link;
  const list: Asked = { request: 'list', environment, name: null };
  const unused = await send(link, list, () => manager.unusedConfigs(environment), signal);
  const candidates = unused.filter(
    ({ installation, content }) => installation === writer.installation && !keep.has(content),
  );
  if (candidates.length === 0) return 0;
  const generation = await send(link, list, () => manager.generation(environment), signal);
  if (generation > writer.generation)
    throw new Fault('engine.fenced', `The environment ${environment} on ${cluster} was written by a newer driver.`, {
      facts: { cluster, generation, ours: writer.generation },
    });
  let gone = 0;
  for (const config of candidates) {
    const asked: Asked = { request: 'delete', environment, name: config.name };
    if (await send(link, asked, () => manager.deleteConfig(config), signal)) gone += 1;
  }
  return gone;
}

/** Ends every write: its answer may be lost. */
function answered(link: Link, written: Written): Written {
  if (!link.trouble.loseNextAnswer) return written;
  link.trouble = { ...link.trouble, loseNextAnswer: false };
  throw silent(link);
}

async function persist(
  link: Link,
  name: string,
  signal: AbortSignal,
  attempt: () => Promise<Attempt>,
): Promise<Written> {
  for (let tries = 0; tries < limits.attempts; tries++) {
    if (tries > 0) await link.clock.sleep(limits.attemptPauseMs * tries, signal);
    const written = await attempt();
    if (written !== 'retry') return written;
  }
  throw contended(link, `service ${name}`);
}

function contended({ cluster }: Link, what: string): Fault {
  return new Fault('engine.contended', `The ${what} on cluster ${cluster} was changed by others again and again.`, {
    facts: { cluster },
  });
}

function foreign({ cluster }: Link, what: string): Fault {
  return new Fault('engine.foreign', `${what} on cluster ${cluster} belongs to somebody else.`, { facts: { cluster } });
}

async function inspect(
  link: Link,
  of: { readonly environment: string; readonly name: string },
  signal: AbortSignal,
): Promise<HeldService | null> {
  const asked: Asked = { request: 'inspect', ...of };
  return await send(link, asked, (reading) => link.manager.inspect(of, reading), signal);
}

/** Throws when the live object is not ours to write. */
function guard({ cluster, ...link }: Link, name: string, live: ServiceObject, writer: RenewRequest['writer']): void {
  if (live.writer.installation !== writer.installation) throw foreign({ cluster, ...link }, `The service ${name}`);
  const { generation } = live.writer;
  if (generation <= writer.generation) return;
  throw new Fault('engine.fenced', `The service ${name} on cluster ${cluster} was written by a newer driver.`, {
    facts: { cluster, name, generation, ours: writer.generation },
  });
}

async function create(link: Link, request: ApplyRequest, name: string, signal: AbortSignal): Promise<Attempt> {
  const { environment } = request.target.workload;
  const { manager, connection } = link;
  const stack: Asked = { request: 'list', environment, name: null };
  const owners = await send(link, stack, () => manager.installations(environment), signal);
  if (owners.some((owner) => owner !== request.writer.installation)) throw foreign(link, `The stack ${environment}`);
  await ensureSecrets(link, request, signal);
  const object = objectOf(request);
  const asked: Asked = { request: 'create', environment, name };
  const answer = await send(link, asked, () => manager.create(connection, object), signal);
  return answer === 'created' ? 'created' : 'retry';
}

async function applyOver(link: Link, request: ApplyRequest, live: HeldService, signal: AbortSignal): Promise<Attempt> {
  const { workload } = request.target;
  const name = workloadName(workload);
  const { endpointMode, mode } = live.object.target.workload;
  if (endpointMode !== workload.endpointMode || mode !== workload.mode || live.object.isTombstone) {
    if (!(await removeLive(link, live, request.writer, signal))) return 'retry';
    await waitUntilGone(link, request, signal);
    return await create(link, request, name, signal);
  }
  const object = objectOf(request);
  if (saysTheSame(live.object, object) && !live.isStalled) return 'unchanged';
  refuseEviction(link, live.object, object);
  await ensureSecrets(link, request, signal);
  return (await update(link, live, object, signal)) ? 'updated' : 'retry';
}

/** As a real one does, it asks for a value only when it does not hold that version; here the value itself is not kept. */
async function ensureSecrets(link: Link, request: ApplyRequest, signal: AbortSignal): Promise<void> {
  const { environment, secrets = [] } = request.target.workload;
  for (const file of secrets) {
    if (file.ref.kind === 'engine') continue;
    const name = secretName(file.ref.id);
    const asked: Asked = { request: 'list', environment, name: null };
    if (await send(link, asked, () => link.manager.holdsSecret(name), signal)) continue;
    if (request.openSecret === undefined) throw new Error(`nobody opens the secret ${file.secret}`);
    (await request.openSecret(file, signal)).fill(0);
  }
}

function saysTheSame(live: ServiceObject, wanted: ServiceObject): boolean {
  return (
    live.target.hash === wanted.target.hash &&
    live.target.release === wanted.target.release &&
    live.writer.deployment === wanted.writer.deployment &&
    live.writer.generation === wanted.writer.generation &&
    live.whenTasksFail === wanted.whenTasksFail &&
    live.credentials === wanted.credentials &&
    live.limit?.replicas === wanted.limit?.replicas &&
    live.limit?.parallelism === wanted.limit?.parallelism &&
    isSamePolicy(live.target.policy, wanted.target.policy)
  );
}

/** The deadline is Drayage's own: no engine is told of it. */
function isSamePolicy(a: UpdatePolicy, b: UpdatePolicy): boolean {
  return (
    a.order === b.order &&
    a.parallelism === b.parallelism &&
    a.delayMs === b.delayMs &&
    a.monitorMs === b.monitorMs &&
    a.maxFailureRatio === b.maxFailureRatio
  );
}

/** Throws when the update would end what runs, and could start nothing, for want of a node. */
function refuseEviction({ cluster, manager }: Link, live: ServiceObject, wanted: ServiceObject): void {
  const { constraints } = wanted.target.workload.placement;
  const isSame = constraints.join() === live.target.workload.placement.constraints.join();
  const nodes = manager.nodes();
  if (isSame || nodes.some(({ is }) => fits(is, wanted.constraints))) return;
  const unmet = constraints.join(' and ');
  throw new Fault('engine.refused', `no suitable node: none of ${nodes.length} satisfies ${unmet}`, {
    facts: { cluster, constraints: [...constraints], nodes: nodes.length },
    next: 'Label a node so that it fits, or change deploy.placement.constraints.',
  });
}

/** Writes over exactly the version that was seen; false when it is another by now. */
async function update(link: Link, live: HeldService, object: ServiceObject, signal: AbortSignal): Promise<boolean> {
  const { manager, connection } = link;
  const { workload } = object.target;
  const asked: Asked = { request: 'update', environment: workload.environment, name: workloadName(workload) };
  return (await send(link, asked, () => manager.update(connection, live, object), signal)) === 'updated';
}

/** Announces the removal with the generation, then deletes by id. False when the object changed in between. */
async function removeLive(link: Link, live: HeldService, writer: Writer, signal: AbortSignal): Promise<boolean> {
  const { manager, connection } = link;
  const { workload } = live.object.target;
  const announced = { ...live.object.writer, generation: writer.generation };
  const object: ServiceObject = { ...live.object, writer: announced, isTombstone: true };
  if (!(await update(link, live, object, signal))) return false;
  const asked: Asked = { request: 'delete', environment: workload.environment, name: workloadName(workload) };
  await send(link, asked, () => manager.delete(connection, live), signal);
  return true;
}

/** Waits until no container of a removed service is left, so that ports and volumes are free. */
async function waitUntilGone(link: Link, { writer, target }: ApplyRequest, signal: AbortSignal): Promise<void> {
  const { environment, service, component } = target.workload;
  const of = { installation: writer.installation, environment };
  const asked: Asked = { request: 'list', environment, name: null };
  for (let waitedMs = 0; waitedMs < limits.goneMs; waitedMs += limits.gonePollMs) {
    const seen = await send(link, asked, (reading) => link.manager.list(of, reading), signal);
    if (!seen.some((workload) => workload.service === service && workload.component === component)) return;
    await link.clock.sleep(limits.gonePollMs, signal);
  }
  throw contended(link, `service ${workloadName(target.workload)}, whose old tasks do not end,`);
}
