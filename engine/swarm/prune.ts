import { Fault } from '../../core/fault.ts';
import { sha256 } from '../../core/hash.ts';
import type { PruneRequest } from '../../port/engine.ts';
import type { DockerClient } from './client.ts';
import { at, text } from './json.ts';
import { label, ownerLabels } from './labels.ts';
import { labelFilter, listAll, type Listed } from './lists.ts';
import { contended, deleteIfUnused } from './objects.ts';
import { generationOf, referredIds } from './status.ts';

/** What holds content under a name of its own; see `contentOf`. */
const kinds = ['/configs', '/secrets'] as const;

/**
 * See `Engine.prune`. The objects are listed before the services: one that a service comes to refer to in between is no
 * candidate or is in use, and the engine deletes nothing that is in use.
 */
export async function pruneContents(
  client: DockerClient,
  { writer, environment, keep }: PruneRequest,
  signal: AbortSignal,
): Promise<number> {
  const filter = { label: labelFilter(ownerLabels(writer.installation, environment)) };
  const candidates: { readonly path: string; readonly id: string }[] = [];
  for (const path of kinds)
    for (const object of whole(client, path, await listAll(client, path, filter, signal))) {
      const [id, content] = [text(object, 'ID'), contentOf(object)];
      if (id !== null && content !== null && !keep.has(content)) candidates.push({ path, id });
    }
  if (candidates.length === 0) return 0;
  const services = whole(client, '/services', await listAll(client, '/services', filter, signal));
  refuseOutdated(client, services, writer.generation);
  const referred = referredIds(services);
  let gone = 0;
  for (const { path, id } of candidates)
    if (!referred.has(id) && (await deleteIfUnused(client, `${path}/${id}`, signal))) gone += 1;
  return gone;
}

/** Digest of what an object holds: as its label says, else of the content itself where the engine gives it out. */
function contentOf(object: unknown): string | null {
  const labelled = text(object, 'Spec', 'Labels', label.content);
  if (labelled !== null) return labelled;
  const data = text(object, 'Spec', 'Data');
  return data === null ? null : sha256(Buffer.from(data, 'base64'));
}

/** Throws `engine.contended` where a part of the list is missing: what is not seen might be in use. */
function whole(client: DockerClient, path: string, { items, gap }: Listed): readonly unknown[] {
  if (gap !== null) throw contended(client, path.slice(1));
  return items;
}

/** Throws when a newer driver has written to the environment. */
function refuseOutdated(client: DockerClient, services: readonly unknown[], ours: number): void {
  const generation = Math.max(0, ...services.map((service) => generationOf(at(service, 'Spec', 'Labels'))));
  if (generation <= ours) return;
  const { cluster } = client.address;
  throw new Fault(
    'engine.fenced',
    `Cluster ${cluster} was written by generation ${generation}, which is newer than ${ours}.`,
    { facts: { cluster, generation, ours } },
  );
}
