import { canonical } from '../../../core/canonical.ts';
import type { DeploymentEvent, LedgerEvent } from '../../../core/event.ts';
import { sha256 } from '../../../core/hash.ts';
import { readEvent } from '../../../core/ledger.ts';
import type { Plan } from '../../../core/plan.ts';
import type { Spec } from '../../../core/spec.ts';
import type { AppendRequest, DeploymentRow, Store } from '../../../port/store.ts';

/** A deployment that a server carried out, as an example for others. */
interface Example {
  readonly row: DeploymentRow;
  readonly plan: Plan;
  readonly events: readonly DeploymentEvent[];
}

/** An environment as it changes while deployments are written. */
interface Home {
  readonly name: string;
  version: number;
  revision: number;
  spec: Spec;
  /** Digests of the specs that the ledger holds by now. */
  readonly specs: Set<string>;
}

/** Appends under way at once: as many as one transaction of the store takes. */
const appendsAtOnce = 256;

/**
 * Appends so many more deployments to a ledger, each with the events, the plan and the revision of one that is there: as
 * if the same changes had been made to and fro for years. Returns the ids.
 */
export async function repeatDeployments(store: Store, count: number, signal: AbortSignal): Promise<readonly string[]> {
  const examples = await readExamples(store, signal);
  const homes = new Map<string, Home>();
  for (const { row } of examples)
    if (!homes.has(row.environment)) homes.set(row.environment, await readHome(store, row.environment, signal));
  const ids = Array.from({ length: count }, (_, index) => `d-${sha256(`repeated ${index}`).slice(0, 16)}`);
  const requests = ids.entries().map(([index, id]) => {
    const example = examples[index % examples.length];
    const home = homes.get(example?.row.environment ?? '');
    if (example === undefined || home === undefined) throw new Error('there is no deployment to repeat');
    return repeated(example, home, id);
  });
  const work = async () => {
    for (const request of requests) await store.append(request, signal);
  };
  await Promise.all(Array.from({ length: appendsAtOnce }, work));
  return ids;
}

/** The last deployments of one service each, in the order of their acceptance. */
async function readExamples(store: Store, signal: AbortSignal): Promise<readonly Example[]> {
  const { items } = await store.deployments({ phase: 'ended' }, { limit: 500 }, signal);
  const examples: Example[] = [];
  for (const row of items.toReversed()) {
    if (row.services.length > 1) continue;
    const entries = await store.stream(`deployment/${row.id}`, signal);
    const events = entries.map((entry) => readEvent(entry) as DeploymentEvent);
    examples.push({ row, events, plan: await readBlob<Plan>(store, row.plan, signal) });
  }
  return examples;
}

async function readHome(store: Store, name: string, signal: AbortSignal): Promise<Home> {
  const row = await store.revision(name, null, signal);
  if (row === null) throw new Error(`nothing was deployed to ${name}`);
  const spec = await readBlob<Spec>(store, row.spec, signal);
  const version = await store.version(`environment/${name}`, signal);
  return { name, version, revision: row.revision, spec, specs: new Set() };
}

async function readBlob<T>(store: Store, digest: string, signal: AbortSignal): Promise<T> {
  const bytes = await store.blob(digest, signal);
  if (bytes === null) throw new Error(`the blob ${digest} is missing`);
  return JSON.parse(new TextDecoder().decode(bytes)) as T;
}

function repeated({ row, plan, events }: Example, home: Home, id: string): AppendRequest {
  // Its own base makes it a plan of its own, as it is for every deployment.
  const planned = toBlob({ ...plan, baseRevision: home.revision });
  const digest = sha256(planned);
  const blobs = [planned];
  const own = events.map((event): LedgerEvent =>
    event.kind === 'deployment-accepted' ? { ...event, deployment: id, plan: digest } : { ...event, deployment: id },
  );
  const ofHome: LedgerEvent[] = [{ kind: 'deployment-queued', environment: home.name, deployment: id, plan: digest }];
  if (row.outcome === 'succeeded') {
    const services = { ...home.spec.services, ...withoutRemoved(plan) };
    home.spec = { ...home.spec, services };
    home.revision += 1;
    const spec = toBlob(home.spec);
    const specDigest = sha256(spec);
    // To and fro: nearly every spec was there before.
    if (!home.specs.has(specDigest)) blobs.push(spec);
    home.specs.add(specDigest);
    const revised = { environment: home.name, revision: home.revision, spec: specDigest, deployment: id };
    ofHome.push({ kind: 'spec-revised', ...revised });
  }
  const expectedVersion = home.version;
  home.version += ofHome.length;
  const by = (all: readonly LedgerEvent[]) => all.map((event) => ({ actor: row.actor, event }));
  return {
    appends: [
      { stream: `deployment/${id}`, expectedVersion: 0, entries: by(own) },
      { stream: `environment/${home.name}`, expectedVersion, entries: by(ofHome) },
    ],
    blobs,
  };
}

function withoutRemoved({ changes }: Plan) {
  return Object.fromEntries(
    Object.entries(changes).flatMap(([name, entry]) => (entry === null ? [] : [[name, entry]])),
  );
}

function toBlob(document: unknown): Uint8Array {
  return new TextEncoder().encode(canonical(document));
}
