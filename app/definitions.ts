import { canonical } from '../core/canonical.ts';
import type { ServiceDefinition } from '../core/definition.ts';
import { valuesOf } from '../core/parameter/resolve.ts';
import type { ResolvedParameters } from '../core/parameter/changes.ts';
import type { ReleaseManifest } from '../core/release.ts';
import type { SpecEntry } from '../core/spec.ts';
import type { Documents, Instantiated } from '../port/documents.ts';
import type { Blobs } from './blobs.ts';
import { templatesOf } from './given-parameters.ts';
import { isAboutParameters, parameterFault, type Origins, type Refused } from './parameters.ts';

interface DefinitionParts {
  readonly documents: Documents;
  readonly blobs: Blobs;
}

/** A message to a thread costs about as much as what one release needs of it. */
const sentTogether = 8;

/** So many pieces are on their way at a time: while one is taken back, the thread has the next. */
const piecesAtOnce = 2;

/** One service of a spec, and what is to be made of its release. */
interface Making {
  readonly service: string;
  readonly manifest: ReleaseManifest;
  readonly values: SpecEntry['parameters'];
}

/**
 * Fills the parameters into the definitions of all services. Throws one fault with the place of every parameter that is
 * missing or wrong.
 */
export async function instantiateAll(
  parts: DefinitionParts,
  origins: Origins,
  of: { readonly manifests: ReadonlyMap<string, ReleaseManifest>; readonly resolved: ResolvedParameters },
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ServiceDefinition>> {
  const wanted = [...of.manifests].map(([service, manifest]) => ({
    service,
    manifest,
    values: valuesOf(of.resolved.get(service) ?? {}),
  }));
  const made: Instantiated[][] = [];
  let begun = 0;
  const lane = async (): Promise<void> => {
    while (begun < wanted.length) {
      const from = begun;
      begun += sentTogether;
      made[from / sentTogether] = await instantiate(parts, wanted.slice(from, begun), signal);
    }
  };
  await Promise.all(Array.from({ length: piecesAtOnce }, lane));
  const definitions = new Map<string, ServiceDefinition>();
  const refused: Refused[] = [];
  for (const [index, result] of made.flat().entries()) {
    const service = wanted[index]?.service ?? '';
    if (result.kind === 'value') definitions.set(service, result.value);
    else if (!isAboutParameters(result.fault)) throw result.fault;
    else refused.push({ service, fault: result.fault, resolved: of.resolved.get(service) ?? {} });
  }
  if (refused.length > 0) throw await parameterFault(origins, refused, signal);
  return definitions;
}

/** Definitions by the parameters that they were made with: a release never changes. Kept as long as its manifest is. */
const instances = new WeakMap<ReleaseManifest, Map<string, ServiceDefinition>>();

/** Of one release; beyond that its definitions are made anew. */
const instancesMost = 100;

async function instantiate(
  { documents, blobs }: DefinitionParts,
  wanted: readonly Making[],
  signal: AbortSignal,
): Promise<Instantiated[]> {
  const results: Instantiated[] = [];
  const missing: { readonly at: number; readonly of: Making }[] = [];
  for (const [at, of] of wanted.entries()) {
    const known = instances.get(of.manifest)?.get(canonical(of.values));
    if (known === undefined) missing.push({ at, of });
    else results[at] = { kind: 'value', value: known };
  }
  if (missing.length === 0) return results;
  const requests = missing.map(async ({ of: { manifest, values } }) => {
    return { manifest, values, templates: await templatesOf(blobs, manifest, signal) };
  });
  const made = await documents.instantiate(await Promise.all(requests), signal);
  for (const [index, { at, of }] of missing.entries()) {
    const result = made[index];
    if (result === undefined) throw new Error('a release was asked for, and nothing came back');
    results[at] = result;
    if (result.kind === 'value') keep(of, result.value);
  }
  return results;
}

function keep({ manifest, values }: Making, definition: ServiceDefinition): void {
  const kept = instances.get(manifest) ?? new Map<string, ServiceDefinition>();
  if (kept.size >= instancesMost) kept.clear();
  instances.set(manifest, kept.set(canonical(values), definition));
}
