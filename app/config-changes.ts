import type { Digest } from '../core/hash.ts';
import { stepsOf } from '../core/plan.ts';
import { diffContents, type ConfigChange } from '../core/planning/text-diff.ts';
import type { Target } from '../core/workload.ts';
import type { Blobs } from './blobs.ts';
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

/** What of the contents of configs a plan changes, the same on several clusters once. At most 20. */
export async function configChanges(
  { blobs, read }: { readonly blobs: Pick<Blobs, 'read'>; readonly read: ReadContent },
  { plan, targets }: Pick<Planned, 'plan' | 'targets'>,
  signal: AbortSignal,
): Promise<readonly ConfigChange[]> {
  const found = new Map<string, Omit<ConfigChange, 'diff'>>();
  for (const { change, spot } of stepsOf(plan)) {
    if (change.kind !== 'update') continue;
    const before = contentsIn(await blobs.read('target', change.from, signal));
    const after = contentsIn(targets.get(change.to));
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

function contentsIn(target: Target | undefined): ReadonlyMap<string, Digest> {
  return new Map(target?.workload.configs.map(({ config, content }) => [config, content]));
}
