import { Fault } from '../../core/fault.ts';
import type { SecretFile } from '../../core/workload.ts';
import type { ApplyRequest } from '../../port/engine.ts';
import type { DockerClient } from './client.ts';
import { text } from './json.ts';
import { label, ownerLabels } from './labels.ts';
import { listAll } from './lists.ts';
import { secretObject } from './spec.ts';

/**
 * Sees to it that the secrets of a workload are there, and gives their ids by name. A version that the engine has is
 * not opened again: its name is an HMAC over its value. Throws `engine.foreign` when a name is taken by others, and
 * `engine.refused` when a secret that somebody else keeps there is not there.
 */
export async function ensureSecrets(
  client: DockerClient,
  request: ApplyRequest,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>();
  for (const file of request.target.workload.secrets ?? []) {
    const name = secretObject(file);
    if (ids.has(name)) continue;
    const { ref } = file;
    if (ref.kind === 'engine') ids.set(name, await findTheirs(client, file, name, signal));
    else ids.set(name, await ensureOurs(client, request, { file, name, id: ref.id }, signal));
  }
  return ids;
}

async function ensureOurs(
  client: DockerClient,
  request: ApplyRequest,
  secret: { readonly file: SecretFile; readonly name: string; readonly id: string },
  signal: AbortSignal,
): Promise<string> {
  const { installation } = request.writer;
  const { environment } = request.target.workload;
  const found = await findSecret(client, secret.name, signal);
  if (found !== null) return useOurs(client, installation, secret.name, found);
  if (request.openSecret === undefined) throw new Error(`nobody opens the secret ${secret.file.secret}`);
  const value = await request.openSecret(secret.file, signal);
  try {
    // Of no one service: all of an environment that mount this version share it.
    const Labels = { ...ownerLabels(installation, environment), [label.content]: secret.id };
    const body = { Name: secret.name, Labels, Data: Buffer.from(value).toString('base64') };
    const answer = await client.call({ method: 'POST', path: '/secrets/create', body }, signal);
    const created = answer.kind === 'ok' ? text(answer.body, 'ID') : null;
    if (created !== null) return created;
  } finally {
    value.fill(0);
  }
  const other = await findSecret(client, secret.name, signal);
  if (other !== null) return useOurs(client, installation, secret.name, other);
  const { cluster } = client.address;
  throw new Fault('engine.contended', `Others kept changing the secret ${secret.name} on cluster ${cluster}.`, {
    facts: { cluster },
    next: 'Find out who else writes to this cluster.',
  });
}

function useOurs(client: DockerClient, installation: string, name: string, found: unknown): string {
  if (text(found, 'Spec', 'Labels', label.installation) === installation) return text(found, 'ID') ?? '';
  const { cluster } = client.address;
  throw new Fault('engine.foreign', `The secret ${name} on cluster ${cluster} belongs to somebody else.`, {
    facts: { cluster },
    next: 'Remove it: nobody but Drayage has a use for this name.',
  });
}

async function findTheirs(
  client: DockerClient,
  { secret }: SecretFile,
  name: string,
  signal: AbortSignal,
): Promise<string> {
  const found = await findSecret(client, name, signal);
  const id = found === null ? null : text(found, 'ID');
  if (id !== null) return id;
  const { cluster } = client.address;
  throw new Fault('engine.refused', `The cluster ${cluster} has no secret ${name}, of which ${secret} is made.`, {
    facts: { cluster, secret, name },
    next: `Make it there: docker secret create ${name} FILE.`,
  });
}

async function findSecret(client: DockerClient, name: string, signal: AbortSignal): Promise<unknown> {
  const { items } = await listAll(client, '/secrets', { name: [name] }, signal);
  return items.find((item) => text(item, 'Spec', 'Name') === name) ?? null;
}
