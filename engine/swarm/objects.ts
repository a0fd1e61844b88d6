import { Fault } from '../../core/fault.ts';
import { sha256 } from '../../core/hash.ts';
import { environmentNetwork } from '../../core/names.ts';
import type { ConfigFile, NetworkAttachment, Workload } from '../../core/workload.ts';
import type { ApplyRequest } from '../../port/engine.ts';
import type { DockerClient } from './client.ts';
import { at, list, record, text } from './json.ts';
import { label, ownerLabels } from './labels.ts';
import { listAll } from './lists.ts';
import { ensureSecrets } from './secrets.ts';
import { configName, hostNetwork, type References } from './spec.ts';

/**
 * Sees to it that the networks, configs and secrets of a workload are there, and gives their ids. Somebody else creating the
 * same at the same time is no failure. Throws `engine.foreign` when a name is taken by an object of others,
 * `engine.refused` when a network of ours is another kind than asked.
 */
export async function ensureObjects(
  client: DockerClient,
  request: ApplyRequest,
  signal: AbortSignal,
): Promise<References> {
  const { workload } = request.target;
  const networks = new Map<string, string>();
  for (const network of workload.networks)
    networks.set(network.network, await ensureNetwork(client, request, network, signal));
  if (workload.hostNetwork === true) networks.set(hostNetwork, await findHostNetwork(client, signal));
  const configs = new Map<string, string>();
  for (const file of workload.configs) {
    const name = configName(workload.environment, workload.service, file);
    configs.set(name, await ensureConfig(client, request, { name, file }, signal));
  }
  const secrets = await ensureSecrets(client, request, signal);
  return { networks, configs, secrets };
}

/**
 * Creates without looking first: the engine lists a removed network for as long as a container on this node still
 * hangs on it, but only one that the cluster has makes the name taken.
 */
async function ensureNetwork(
  client: DockerClient,
  request: ApplyRequest,
  network: NetworkAttachment,
  signal: AbortSignal,
): Promise<string> {
  const { installation } = request.writer;
  const body = {
    Name: network.network,
    Driver: 'overlay',
    CheckDuplicate: true,
    Attachable: false,
    Internal: network.internal,
    ...(network.encrypted === true ? { Options: { encrypted: '' } } : {}),
    Labels: networkLabels(installation, request.target.workload, network.network),
  };
  const answer = await client.call({ method: 'POST', path: '/networks/create', body }, signal);
  const created = answer.kind === 'ok' ? text(answer.body, 'Id') : null;
  if (created !== null) return created;
  const found = await findNetwork(client, network.network, signal);
  if (found === null) throw contended(client, `network ${network.network}`);
  return useNetwork(client, installation, network, found);
}

/** The network that a whole environment shares belongs to none of its services. */
function networkLabels(installation: string, workload: Workload, name: string): object {
  const { environment, service } = workload;
  const isShared = name === environmentNetwork(environment);
  return ownerLabels(installation, environment, isShared ? {} : { service });
}

/** The cluster's own network of the name: the engine lists those before what is left on its node. */
async function findNetwork(client: DockerClient, name: string, signal: AbortSignal): Promise<unknown> {
  const { items } = await listAll(client, '/networks', { name: [name] }, signal);
  return items.find((item) => text(item, 'Name') === name) ?? null;
}

function useNetwork(client: DockerClient, installation: string, network: NetworkAttachment, found: unknown): string {
  if (text(found, 'Labels', label.installation) !== installation)
    throw foreign(client, `The network ${network.network}`);
  const isInternal = at(found, 'Internal') === true;
  if (isInternal !== network.internal) throw otherKind(client, network, isInternal, 'internal');
  const isEncrypted = Object.hasOwn(record(at(found, 'Options')), 'encrypted');
  if (isEncrypted !== (network.encrypted === true)) throw otherKind(client, network, isEncrypted, 'encrypted');
  return text(found, 'Id') ?? '';
}

function otherKind(client: DockerClient, { network }: NetworkAttachment, is: boolean, what: string): Fault {
  return new Fault(
    'engine.refused',
    `The network ${network} on cluster ${client.address.cluster} is ${is ? '' : 'not '}${what}; an existing network cannot be changed.`,
    { next: 'Give the network another name, or remove the services that use it first.' },
  );
}

/** The engine hides the cluster's own entry for the node's network from its lists. */
async function findHostNetwork(client: DockerClient, signal: AbortSignal): Promise<string> {
  const answer = await client.call({ method: 'GET', path: `/networks/${hostNetwork}?scope=swarm` }, signal);
  const id = answer.kind === 'ok' ? text(answer.body, 'Id') : null;
  if (id !== null) return id;
  const { cluster } = client.address;
  throw new Fault('engine.refused', `The cluster ${cluster} has no network of its nodes for services.`, {
    facts: { cluster },
    next: 'Look at "docker network inspect host" on a manager of it.',
  });
}

async function ensureConfig(
  client: DockerClient,
  request: ApplyRequest,
  config: { readonly name: string; readonly file: ConfigFile },
  signal: AbortSignal,
): Promise<string> {
  const { installation } = request.writer;
  const { environment, service } = request.target.workload;
  const found = await findConfig(client, config.name, signal);
  if (found !== null) return useConfig(client, installation, config, found);
  const body = {
    Name: config.name,
    Labels: { ...ownerLabels(installation, environment, { service }), [label.content]: config.file.content },
    Data: contentOf(request, config.file).toString('base64'),
  };
  const answer = await client.call({ method: 'POST', path: '/configs/create', body }, signal);
  const created = answer.kind === 'ok' ? text(answer.body, 'ID') : null;
  if (created !== null) return created;
  const other = await findConfig(client, config.name, signal);
  if (other === null) throw contended(client, `config ${config.name}`);
  return useConfig(client, installation, config, other);
}

/** Throws a plain Error when the caller brought no such content, or another: that is a bug. */
function contentOf(request: ApplyRequest, file: ConfigFile): Buffer {
  const content = request.files.get(file.content);
  if (content === undefined) throw new Error(`no content was given for config ${file.config}`);
  if (sha256(content) !== file.content) throw new Error(`config ${file.config} is other content`);
  return Buffer.from(content);
}

async function findConfig(client: DockerClient, name: string, signal: AbortSignal): Promise<unknown> {
  const { items } = await listAll(client, '/configs', { name: [name] }, signal);
  return items.find((item) => text(item, 'Spec', 'Name') === name) ?? null;
}

function useConfig(
  client: DockerClient,
  installation: string,
  config: { readonly name: string; readonly file: ConfigFile },
  found: unknown,
): string {
  const isOurs = text(found, 'Spec', 'Labels', label.installation) === installation;
  const content = Buffer.from(text(found, 'Spec', 'Data') ?? '', 'base64');
  if (!isOurs || sha256(content) !== config.file.content) throw foreign(client, `The config ${config.name}`);
  return text(found, 'ID') ?? '';
}

/** The fault for a name that somebody else uses. */
export function foreign(client: DockerClient, what: string): Fault {
  const { cluster } = client.address;
  return new Fault('engine.foreign', `${what} on cluster ${cluster} belongs to somebody else.`, {
    facts: { cluster },
    next: 'Rename the environment or service, or remove the other object first.',
  });
}

/** The fault for an object that would not hold still. */
export function contended(client: DockerClient, what: string): Fault {
  const { cluster } = client.address;
  return new Fault('engine.contended', `Others kept changing ${what} on cluster ${cluster}.`, {
    facts: { cluster },
    next: 'Find out who else writes to this cluster.',
  });
}

/**
 * Removes the service's configs and private networks, and the environment's secrets and shared network, as far as no service
 * refers to them. Returns false when the engine would not let one go yet.
 */
export async function pruneObjects(
  client: DockerClient,
  of: {
    readonly installation: string;
    readonly environment: string;
    readonly service: string;
    readonly referred: ReadonlySet<string>;
  },
  signal: AbortSignal,
): Promise<boolean> {
  const owner = ownerLabels(of.installation, of.environment);
  const filter = { label: Object.entries(owner).map(([name, value]) => `${name}=${value}`) };
  const networks = await listAll(client, '/networks', filter, signal);
  const configs = await listAll(client, '/configs', filter, signal);
  const secrets = await listAll(client, '/secrets', filter, signal);
  const prunable = (labels: unknown, id: string | null) => {
    const service = text(labels, label.service);
    return id !== null && !of.referred.has(id) && (service === null || service === of.service);
  };
  const paths = [
    ...list(configs.items)
      .filter((config) => prunable(at(config, 'Spec', 'Labels'), text(config, 'ID')))
      .map((config) => `/configs/${text(config, 'ID') ?? ''}`),
    ...list(secrets.items)
      .filter((secret) => prunable(at(secret, 'Spec', 'Labels'), text(secret, 'ID')))
      .map((secret) => `/secrets/${text(secret, 'ID') ?? ''}`),
    ...list(networks.items)
      .filter((network) => prunable(at(network, 'Labels'), text(network, 'Id')))
      .map((network) => `/networks/${text(network, 'Id') ?? ''}`),
  ];
  let all = true;
  for (const path of paths) all = (await deleteIfUnused(client, path, signal)) && all;
  return all;
}

/** Deletes, or finds it gone; false when the engine says that the object is in use. */
export async function deleteIfUnused(client: DockerClient, path: string, signal: AbortSignal): Promise<boolean> {
  try {
    const answer = await client.call({ method: 'DELETE', path }, signal);
    return answer.kind !== 'conflict';
  } catch (cause) {
    if (cause instanceof Fault && cause.code === 'engine.refused') return false;
    throw cause;
  }
}
