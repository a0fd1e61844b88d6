import { ancestorsOf, hostOf, type KnownImage, type NamedBase } from '../../core/bom/ancestors.ts';
import { known, missing, type Answer } from '../../core/bom/answer.ts';
import { digestIn, earliestMs } from '../../core/bom/bom.ts';
import { chainIds } from '../../core/bom/chain.ts';
import type { ImageFacts } from '../../core/bom/image.ts';
import { Fault } from '../../core/fault.ts';
import type { Platform } from '../../core/platform.ts';
import type { Clock } from '../../port/clock.ts';
import type { InspectedImage, Registry } from '../../port/registry.ts';
import type { Store } from '../../port/store.ts';

export interface CollectParts {
  readonly store: Pick<Store, 'imagesOfChains'>;
  readonly registry: Registry;
  readonly clock: Pick<Clock, 'timeout'>;
}

/** What was learned of one image. */
export interface CollectedImage {
  /** `sha256:...` */
  readonly image: string;
  readonly facts: Answer<ImageFacts>;
}

/** How long all images of a release may take, and the tags of each: a release never fails for want of evidence. */
const collectMs = 15_000;
const tagsMs = 5_000;

/** How far the bases of bases are followed. */
const basesMost = 5;

/** Asks the registry for all that it tells of images, each once; what cannot be read is missing, with the reason. */
export async function collectImages(
  parts: CollectParts,
  resolved: readonly string[],
  registries: Platform['registries'],
  signal: AbortSignal,
): Promise<readonly CollectedImage[]> {
  const byDigest = new Map(resolved.map((reference) => [digestIn(reference), reference]));
  const deadline = AbortSignal.any([signal, parts.clock.timeout(collectMs)]);
  return await Promise.all(
    [...byDigest].map(async ([image, reference]): Promise<CollectedImage> => {
      try {
        return { image, facts: known(await collect(parts, reference, registries, deadline), hostOf(reference)) };
      } catch (cause) {
        signal.throwIfAborted();
        if (cause instanceof Fault) return { image, facts: missing(cause.message) };
        if (deadline.aborted) return { image, facts: missing('the registry took too long') };
        throw cause;
      }
    }),
  );
}

async function collect(
  parts: CollectParts,
  reference: string,
  registries: Platform['registries'],
  signal: AbortSignal,
): Promise<ImageFacts> {
  const { diffIds, base, ...facts } = await parts.registry.inspect(reference, registries, tagsMs, signal);
  const named = await basesOf(parts, reference, base, registries, signal);
  return { ...facts, ancestors: ancestorsOf(named, await imagesBelow(parts, diffIds, signal)) };
}

/**
 * The base that an image names, the base of that one, and so on. An image may name whatever it likes: only the registry
 * that it lies in itself, and those that the platform document names, are asked.
 */
async function basesOf(
  { registry }: CollectParts,
  reference: string,
  base: InspectedImage['base'],
  registries: Platform['registries'],
  signal: AbortSignal,
): Promise<readonly NamedBase[]> {
  const found: NamedBase[] = [];
  const seen = new Set<string>();
  for (let next = base; next !== null && found.length < basesMost;) {
    const { name, digest } = next;
    if (digest !== null && seen.has(digest)) break;
    seen.add(digest ?? '');
    found.push(next);
    if (name === null || (hostOf(name) !== hostOf(reference) && !Object.hasOwn(registries, hostOf(name)))) break;
    try {
      const exact = digest === null ? name : `${name.replace(/@sha256:.*$/, '')}@${digest}`;
      const inspected = await registry.inspect(exact, registries, 0, signal);
      const { createdAt } = inspected;
      const made = createdAt === null || createdAt < earliestMs ? {} : { createdAt };
      found.splice(-1, 1, { name, digest: digest ?? inspected.digest, ...made });
      next = inspected.base;
    } catch (cause) {
      if (cause instanceof Fault) break; // it is named all the same
      throw cause;
    }
  }
  return found;
}

/** Images of known releases whose layers are the lower ones of this image, the nearest first. */
async function imagesBelow(
  { store }: CollectParts,
  diffIds: readonly string[],
  signal: AbortSignal,
): Promise<readonly KnownImage[]> {
  const chains = chainIds(diffIds).slice(0, -1).toReversed();
  const rows = chains.length === 0 ? [] : await store.imagesOfChains(chains, signal);
  return rows.flatMap(({ image, service, version }) =>
    image === null ? [] : [{ digest: image, release: `${service}@${version}` }],
  );
}
