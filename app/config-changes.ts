import type { Digest } from '../core/hash.ts';
import { stepsOf, type Plan } from '../core/plan.ts';
import { diffContents, type ConfigChange } from '../core/planning/text-diff.ts';
import type { Target } from '../core/workload.ts';
import type { Store } from '../port/store.ts';
import type { Blobs } from './blobs.ts';
import { findDeployment } from './deployments.ts';
import type { Planned } from './planning.ts';

/** The most configs of which a difference is told. */
const configsMost = 20;

/** Reads contents by digest: those that templates came to are not stored before a deployment is accepted. */
export type ReadContent = (digest: Digest, signal: AbortSignal) => Promise<Uint8Array>;

export function contentReader(blobs: Pick<Blobs, 'bytes'>, rendered: Planned['rendered']): ReadContent {
  return async (digest, signal) => {
    const text = rendered.get(digest);
    return text === undefined ? await blobs.bytes(digest, signal) : new TextEncoder().encode(text);
  };
}

/** What reads targets and contents by digest. */
interface Readers {
  readonly target: (digest: Digest, signal: AbortSignal) => Promise<Target>;
  readonly content: ReadContent;
}

/** What of the contents of configs a plan changes, the same on several clusters once. At most 20. */
export async function configChanges(
  { target, content: read }: Readers,
  plan: Plan,
  signal: AbortSignal,
): Promise<readonly ConfigChange[]> {
  const found = new Map<string, Omit<ConfigChange, 'diff'>>();
  for (const { change, spot } of stepsOf(plan)) {
    if (change.kind !== 'update') continue;
    const before = contentsIn(await target(change.from, signal));
    const after = contentsIn(await target(change.to, signal));
    for (const config of new Set([...before.keys(), ...after.keys()])) {
      const [from, to] = [before.get(config) ?? null, after.get(config) ?? null];
      const { service, component } = spot;
      if (from !== to)
        found.set([service, component, config, from, to].join(' '), { service, component, config, from, to });
    }
    if (found.size >= configsMost) break;
  }
  const content = async (digest: Digest | null) => (digest === null ? null : await read(digest, signal));
  const changes: ConfigChange[] = [];
  for (const one of [...found.values()].slice(0, configsMost))
    changes.push({ ...one, diff: diffContents(await content(one.from), await content(one.to)) });
  return changes;
}

/** The same for a deployment that was accepted: all that its plan names is stored then. */
export async function deployedConfigs(
  { store, blobs }: { readonly store: Store; readonly blobs: Blobs },
  deployment: string,
  signal: AbortSignal,
): Promise<readonly ConfigChange[]> {
  const row = await findDeployment(store, deployment, signal);
  const plan = await blobs.read('plan', row.plan, signal);
  const target = async (digest: Digest) => await blobs.read('target', digest, signal);
  return await configChanges({ target, content: (digest, at) => blobs.bytes(digest, at) }, plan, signal);
}

function contentsIn({ workload }: Target): ReadonlyMap<string, Digest> {
  return new Map(workload.configs.map(({ config, content }) => [config, content]));
}
