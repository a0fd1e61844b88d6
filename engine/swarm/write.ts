import { Fault } from '../../core/fault.ts';
import { workloadName } from '../../core/names.ts';
import type { ApplyRequest, RemoveRequest, RenewRequest, Writer, Written } from '../../port/engine.ts';
import { sleep } from './bounded.ts';
import type { DockerClient } from './client.ts';
import { holds } from './holds.ts';
import { at, integer, list, record, text } from './json.ts';
import { credentialsLabel, label, ownerLabels, type Labels } from './labels.ts';
import { labelFilter, listAll } from './lists.ts';
import { contended, ensureObjects, foreign, pruneObjects } from './objects.ts';
import { unsatisfiable } from './placement.ts';
import { serviceSpec, type ServiceSpec } from './spec.ts';
import { registryAuth } from './registry-auth.ts';
import { isStalled } from './stalled.ts';
import { belongsTo, generationOf, referredIds, updateOf } from './status.ts';

const limits = {
  /** How often a write is repeated from its look on, when others changed the object in between. */
  attempts: 8,
  attemptPauseMs: 50,
  /** How long the containers of a removed service may take to end before another takes its name. */
  goneMs: 60_000,
  gonePollMs: 250,
  /** How long networks may stay in use by tasks that are ending. */
  pruneMs: 5_000,
} as const;

/** `retry`: somebody changed something since the look; look again. */
type Attempt = Written | 'retry';

/** See `Engine.apply`. */
export async function applyTarget(client: DockerClient, request: ApplyRequest, signal: AbortSignal): Promise<Written> {
  const name = workloadName(request.target.workload);
  return await repeated(client, name, signal, async () => {
    const live = await inspect(client, name, signal);
    if (live === null) {
      await refuseForeignStack(client, request, signal);
      return await create(client, request, signal);
    }
    guard(client, name, live, request.writer);
    return await applyOver(client, request, live, signal);
  });
}

/** See `Engine.remove`. */
export async function removeWorkload(
  client: DockerClient,
  request: RemoveRequest,
  signal: AbortSignal,
): Promise<Written> {
  const name = workloadName({ environment: request.environment, ...request.spot });
  const written = await repeated(client, name, signal, async () => {
    const live = await inspect(client, name, signal);
    if (live === null) return 'absent';
    guard(client, name, live, request.writer);
    return (await removeLive(client, live, request.writer, signal)) ? 'removed' : 'retry';
  });
  await pruneAfter(client, request, signal);
  return written;
}

/** See `Engine.renew`. What the live object says is written again as it is: another writer's change is never undone. */
export async function renewCredentials(
  client: DockerClient,
  request: RenewRequest,
  signal: AbortSignal,
): Promise<Written> {
  const { environment, spot, writer, credentials } = request;
  const name = workloadName({ environment, ...spot });
  return await repeated(client, name, signal, async () => {
    const live = await inspect(client, name, signal);
    if (live === null) return 'absent';
    guard(client, name, live, writer);
    const spec = record(at(live, 'Spec'));
    const labels = credentialsLabel(credentials);
    if (holds(at(spec, 'Labels'), labels)) return 'unchanged';
    // Any write resets the update's status: one that was stopped would go on, and end tasks that are well.
    const { updating, updatePaused } = updateOf(live);
    if (updating || updatePaused) return 'unchanged';
    const body = withLabels(spec, labels);
    return (await update(client, live, body, registryAuth(credentials), signal)) ? 'updated' : 'retry';
  });
}

async function repeated(
  client: DockerClient,
  name: string,
  signal: AbortSignal,
  attempt: () => Promise<Attempt>,
): Promise<Written> {
  for (let tries = 0; tries < limits.attempts; tries++) {
    if (tries > 0) await sleep(limits.attemptPauseMs * tries, signal);
    const written = await attempt();
    if (written !== 'retry') return written;
  }
  throw contended(client, `service ${name}`);
}

async function inspect(client: DockerClient, name: string, signal: AbortSignal): Promise<unknown> {
  const path = `/services/${encodeURIComponent(name)}`;
  const answer = await client.call({ method: 'GET', path }, signal);
  if (answer.kind !== 'ok') return null;
  return text(answer.body, 'Spec', 'Name') === name ? answer.body : null;
}

/** Throws when the live object is not ours to write. */
function guard(client: DockerClient, name: string, live: unknown, writer: RenewRequest['writer']): void {
  if (!belongsTo(live, writer.installation)) throw foreign(client, `The service ${name}`);
  const generation = generationOf(at(live, 'Spec', 'Labels'));
  if (generation <= writer.generation) return;
  const { cluster } = client.address;
  throw new Fault(
    'engine.fenced',
    `The service ${name} on cluster ${cluster} was written by generation ${generation}, which is newer than ${writer.generation}.`,
    { facts: { cluster, name, generation, ours: writer.generation } },
  );
}

/** Throws when services of others live under the environment's name. */
async function refuseForeignStack(
  client: DockerClient,
  { writer, target }: ApplyRequest,
  signal: AbortSignal,
): Promise<void> {
  const { environment } = target.workload;
  const filter = { label: labelFilter({ [label.stack]: environment }) };
  const { items } = await listAll(client, '/services', filter, signal);
  if (items.some((service) => !belongsTo(service, writer.installation)))
    throw foreign(client, `The stack ${environment}`);
}

async function create(client: DockerClient, request: ApplyRequest, signal: AbortSignal): Promise<Attempt> {
  const references = await ensureObjects(client, request, signal);
  const body = serviceSpec(request, references);
  const headers = registryAuth(request.credentials);
  const path = '/services/create';
  const answer = await client.call({ method: 'POST', path, body, headers }, signal);
  return answer.kind === 'ok' ? 'created' : 'retry';
}

async function applyOver(
  client: DockerClient,
  request: ApplyRequest,
  live: unknown,
  signal: AbortSignal,
): Promise<Attempt> {
  if (mustRecreate(request, live)) {
    if (!(await removeLive(client, live, request.writer, signal))) return 'retry';
    await waitUntilGone(client, request, signal);
    return await create(client, request, signal);
  }
  const references = await ensureObjects(client, request, signal);
  const spec = serviceSpec(request, references);
  const restarts = holds(at(live, 'Spec'), spec);
  if (restarts && !(await isUpdateStalled(client, live, signal))) return 'unchanged';
  await refuseEviction(client, request, live, signal);
  const index = async () => String(await newestTaskIndex(client, live, signal));
  const before = (key: string) => text(live, 'Spec', 'Labels', key) ?? '0';
  const body = withLabels(
    spec,
    isContinued(live, spec)
      ? { [label.base]: before(label.base), [label.restarted]: restarts ? await index() : before(label.restarted) }
      : { [label.base]: await index() },
  );
  return (await update(client, live, body, registryAuth(request.credentials), signal)) ? 'updated' : 'retry';
}

/** Whether an object that holds what is wanted already needs a write all the same; see `isStalled`. */
async function isUpdateStalled(client: DockerClient, service: unknown, signal: AbortSignal): Promise<boolean> {
  if (text(service, 'UpdateStatus', 'State') !== 'updating') return false;
  const filter = { service: [text(service, 'ID') ?? ''] };
  const nodes = await listAll(client, '/nodes', {}, signal);
  const current = await listAll(client, '/tasks', { ...filter, '_up-to-date': ['true'] }, signal);
  const tasks = current.items;
  const upToDate = new Set(tasks.map((task) => text(task, 'ID') ?? ''));
  return isStalled({ service, tasks, nodes: nodes.items, upToDate });
}

/** Whether a write goes on with the live object's own change: what failed since that began still counts. */
function isContinued(live: unknown, spec: ServiceSpec): boolean {
  const labels = [label.deployment, label.workload, label.release];
  return labels.every((key) => text(live, 'Spec', 'Labels', key) === spec.Labels[key]);
}

/** Throws when the update would end what runs, and could start nothing, for want of a node. */
async function refuseEviction(
  client: DockerClient,
  { target: { workload } }: ApplyRequest,
  live: unknown,
  signal: AbortSignal,
): Promise<void> {
  const { constraints } = workload.placement;
  if (constraints.length === 0) return;
  const before = list(at(live, 'Spec', 'TaskTemplate', 'Placement', 'Constraints'));
  const { items, gap } = await listAll(client, '/nodes', {}, signal);
  const unmet = gap === null ? unsatisfiable(before, constraints, items) : null;
  if (unmet === null) return;
  throw new Fault('engine.refused', `no suitable node: none of ${items.length} satisfies ${unmet.join(' and ')}`, {
    facts: { cluster: client.address.cluster, constraints: [...unmet], nodes: items.length },
    next: 'Label a node so that it fits, or change deploy.placement.constraints.',
  });
}

/**
 * An endpoint mode changed in place leaves dead DNS records, and replicated stays replicated. A tombstone means that somebody may delete this very
 * object any moment, and does so by its id: only another object is safe from that.
 */
function mustRecreate(request: ApplyRequest, live: unknown): boolean {
  const mode = text(live, 'Spec', 'EndpointSpec', 'Mode') ?? 'vip';
  if (mode !== request.target.workload.endpointMode) return true;
  const isGlobal = at(live, 'Spec', 'Mode', 'Global') !== undefined;
  if (isGlobal !== (request.target.workload.mode === 'global')) return true;
  return text(live, 'Spec', 'Labels', label.tombstone) !== null;
}

/** Announces the removal with the generation, then deletes by id. False when the object changed in between. */
async function removeLive(client: DockerClient, live: unknown, writer: Writer, signal: AbortSignal): Promise<boolean> {
  const tombstone = {
    [label.generation]: String(writer.generation),
    [label.tombstone]: String(writer.generation),
  };
  const body = withLabels(record(at(live, 'Spec')), tombstone);
  if (!(await update(client, live, body, {}, signal))) return false;
  const path = `/services/${text(live, 'ID') ?? ''}`;
  await client.call({ method: 'DELETE', path }, signal);
  return true;
}

/** Writes over exactly the version that was seen; false when it is another by now. */
async function update(
  client: DockerClient,
  live: unknown,
  body: object,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<boolean> {
  const version = integer(live, 'Version', 'Index') ?? 0;
  const path = `/services/${text(live, 'ID') ?? ''}/update?version=${version}`;
  const answer = await client.call({ method: 'POST', path, body, headers }, signal);
  return answer.kind === 'ok';
}

function withLabels(spec: ServiceSpec | object, labels: Labels): object {
  return { ...spec, Labels: { ...record(at(spec, 'Labels')), ...labels } };
}

/** The newest version index among the service's tasks; see `label.base`. */
async function newestTaskIndex(client: DockerClient, live: unknown, signal: AbortSignal): Promise<number> {
  const filter = { service: [text(live, 'ID') ?? ''] };
  const { items } = await listAll(client, '/tasks', filter, signal);
  return items.reduce<number>((newest, task) => Math.max(newest, integer(task, 'Version', 'Index') ?? 0), 0);
}

/** Waits until no container of a removed service is left, so that ports and volumes are free. */
async function waitUntilGone(
  client: DockerClient,
  { writer, target }: ApplyRequest,
  signal: AbortSignal,
): Promise<void> {
  const { environment } = target.workload;
  const owner = ownerLabels(writer.installation, environment, target.workload);
  const filter = { label: labelFilter(owner) };
  for (let waited = 0; waited < limits.goneMs; waited += limits.gonePollMs) {
    const { items, gap } = await listAll(client, '/tasks', filter, signal);
    if (gap === null && items.length === 0) return;
    await sleep(limits.gonePollMs, signal);
  }
  throw contended(client, `service ${workloadName(target.workload)}, whose old tasks do not end`);
}

/** The engine refuses for a moment to let networks go that ending tasks still use. */
async function pruneAfter(
  client: DockerClient,
  { writer, environment, spot }: RemoveRequest,
  signal: AbortSignal,
): Promise<void> {
  for (let waited = 0; waited < limits.pruneMs; waited += limits.gonePollMs) {
    const filter = { label: labelFilter(ownerLabels(writer.installation, environment)) };
    const { items, gap } = await listAll(client, '/services', filter, signal);
    const of = {
      installation: writer.installation,
      environment,
      service: spot.service,
      referred: referredIds(items),
    };
    if (gap === null && (await pruneObjects(client, of, signal))) return;
    await sleep(limits.gonePollMs, signal);
  }
}
