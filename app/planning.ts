import { canonical } from '../core/canonical.ts';
import type { ServiceDefinition } from '../core/definition.ts';
import { Fault } from '../core/fault.ts';
import type { Digest } from '../core/hash.ts';
import { readEvent } from '../core/ledger.ts';
import { refuseLeftovers } from '../core/planning/leftovers.ts';
import { makePlan, type PlanningResult } from '../core/planning/make-plan.ts';
import { entryOf, mergeSpecs, type MergeInput } from '../core/planning/merge-specs.ts';
import { resolveSpec, type ParametersOf } from '../core/planning/spec-parameters.ts';
import { parameterChanges, type ResolvedParameters } from '../core/parameter/changes.ts';
import { valuesOf } from '../core/parameter/resolve.ts';
import { secretNames, withoutSecrets } from '../core/planning/secrets.ts';
import { checkRestart, planWithSecrets, type RestartWish } from '../core/planning/withhold.ts';
import { givenParameters } from '../core/platform.ts';
import type { ReleaseManifest } from '../core/release.ts';
import type { Spec, SpecDocument, SpecEntry } from '../core/spec.ts';
import type { Clock } from '../port/clock.ts';
import type { Documents } from '../port/documents.ts';
import type { SignatureVerifier } from '../port/signatures.ts';
import type { RevisionRow, Store } from '../port/store.ts';
import type { PlanInput, Wanted } from './api.ts';
import { streams } from './append.ts';
import type { Blobs } from './blobs.ts';
import { requireEvidence } from './evidence/require.ts';
import { environmentOf, type PlatformState } from './platform.ts';
import { claimsOfOthers, inventoryOf, publishes } from './planning-inventory.ts';
import { templatesOf, withParameters, type Given } from './given-parameters.ts';
import {
  isAboutParameters,
  parameterFault,
  noneGiven,
  parametersThen,
  type Origins,
  type Refused,
} from './parameters.ts';
import { findRelease } from './releases.ts';
import type { Secrets } from './secrets/secrets.ts';

export interface PlanningParts {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly documents: Documents;
  readonly platform: PlatformState;
  readonly clock: Pick<Clock, 'now'>;
  readonly secrets: Pick<Secrets, 'newest'>;
  readonly signatures: SignatureVerifier;
}

export interface Planned extends PlanningResult {
  /** Contents of configs that are not stored yet, by digest: what templates came to. */
  readonly rendered: ReadonlyMap<Digest, string>;
  readonly environment: string;
  readonly revision: number;
  /** Entries on the environment's stream before anything else was read: the plan holds while that is so. */
  readonly environmentVersion: number;
  /** The revision that a rollback goes back to; null for any other deployment. */
  readonly restores: number | null;
  readonly reason: string;
  readonly warnings: readonly string[];
}

/** Works out the plan that leads from what the environment is to run now to what is wanted. Writes nothing. */
export async function planFor(parts: PlanningParts, input: PlanInput, signal: AbortSignal): Promise<Planned> {
  const asked = await readWanted(parts, input.wanted, signal);
  const now = await parts.platform.current(signal);
  const { platform, row } = now;
  const environment = asked.document.environment;
  const environmentDefinition = environmentOf(platform, environment);
  const environmentVersion = await parts.store.version(streams.environment(environment), signal);
  // Before the inventory: one that is accepted between the two moves the environment's stream on.
  const unfinished = await parts.store.unfinished({ environment }, signal);
  const { revision, spec: current, row: currentRow } = await currentSpec(parts, environment, signal);
  const releases = await findReleases(parts, [current, asked.document], signal);
  const parametersOf: ParametersOf = (service, version) =>
    releases.get(`${service}@${version}`)?.manifest.parameters ?? [];
  const given = givenParameters(platform, environment);
  const { mine, origins } = await withParameters(parts, asked, { parametersOf, given, now }, signal);
  const rollback = input.wanted.kind === 'rollback';
  const base = await bareBase(parts, asked.document, signal);
  const bare = merged(input, { current, currentRevision: revision, base, mine, releases });
  const restart = input.restart ?? plainRestart;
  checkRestart(restart, bare, rollback);
  const manifests = manifestsOf(bare, releases);
  const resolved = resolveSpec(bare, given, parametersOf);
  const then = hasParameters(current, parametersOf) ? await parametersThen(parts, currentRow, now, signal) : noneGiven;
  const before = resolveSpec(current, then, parametersOf);
  // Together: one is done in another thread, the other in this one.
  const [definitions, inventory] = await Promise.all([
    instantiateAll(parts, origins, { manifests, resolved }, signal),
    inventoryOf(parts, environment, signal),
  ]);
  const busy = new Set(unfinished.flatMap((it) => it.services));
  const names = [...new Set([...definitions.values()].flatMap(secretNames))].toSorted();
  const known = await parts.secrets.newest(environment, names, signal);
  const restored = rollback ? asked.document : null;
  const otherClaims = publishes(definitions) ? await claimsOfOthers(parts, platform, environment, signal) : [];
  const secretsInput = { spec: bare, current, restored, definitions, inventory, busy, named: asked.named, known };
  const result = planWithSecrets(secretsInput, restart, (pinned) => {
    if (!rollback) refuseLeftovers({ spec: pinned.spec, current, inventory, busy, allowRemove: input.allowRemove });
    return makePlan({
      environment,
      environmentDefinition,
      platform,
      platformRevision: row.revision,
      baseRevision: revision,
      current,
      ...pinned,
      definitions,
      inventory,
      busy,
      otherClaims,
      unchecked: uncheckedImages(manifests),
      parameters: parameterChanges(before, resolved),
    });
  });
  if (!rollback) {
    const { plan } = result;
    await requireEvidence(parts, { platform, plan, current, manifests }, signal);
  }
  return {
    ...result,
    environment,
    revision,
    environmentVersion,
    reason: asked.reason,
    warnings: [...asked.warnings, ...[...known.untold.values()].map(stays)],
    restores: asked.restores,
    rendered: new Map([...definitions.values()].flatMap((definition) => Object.entries(definition.rendered ?? {}))),
  };
}

/** What is to run, without versions of secrets. A rollback may remove, and take back, whatever it has to. */
function merged(
  { wanted: { kind }, allowRemove, allowOlder }: PlanInput,
  of: Pick<MergeInput, 'current' | 'currentRevision' | 'base' | 'mine'> & { readonly releases: KnownReleases },
): Spec {
  return mergeSpecs({
    current: withoutSecrets(of.current),
    currentRevision: of.currentRevision,
    base: of.base,
    mine: withoutSecrets(of.mine),
    allowRemove: kind === 'rollback' ? Object.keys(of.current.services) : allowRemove,
    allowOlder: kind === 'rollback' ? true : allowOlder,
    ageOf: (service, version) => of.releases.get(`${service}@${version}`)?.age,
  });
}

/** Of a plan that asks for nothing special. */
const plainRestart: RestartWish = { all: null, services: {} };

function hasParameters({ services }: Spec, parametersOf: ParametersOf): boolean {
  return Object.entries(services).some(([name, { version }]) => parametersOf(name, version).length > 0);
}

function stays({ message }: Fault): string {
  return `${message} What runs keeps the version that it has.`;
}

interface Asked extends Given {
  readonly reason: string;
  readonly warnings: readonly string[];
  readonly restores: number | null;
  /** Services that were asked for by name. */
  readonly named: ReadonlySet<string>;
}

async function readWanted(parts: PlanningParts, wanted: Wanted, signal: AbortSignal): Promise<Asked> {
  switch (wanted.kind) {
    case 'document': {
      const { document, parameters, warnings } = await parts.documents.readDeployment(wanted.document, signal);
      return {
        source: wanted.document,
        common: parameters,
        target: null,
        document: { ...document, base: wanted.base ?? document.base },
        warnings,
        restores: null,
        named: new Set(),
        reason: `deploy ${wanted.document.name}`,
      };
    }
    case 'change': {
      const { spec } = await currentSpec(parts, wanted.environment, signal);
      const changed = Object.entries(wanted.set).map(([service, version]): [string, SpecEntry] => {
        const entry = entryOf(spec, service) ?? { version, replicas: null, parameters: {}, ports: {} };
        return [service, { ...entry, version }];
      });
      const services = { ...spec.services, ...Object.fromEntries(changed) };
      const told = Object.entries(wanted.set).map(([service, version]) => `${service}=${version}`);
      // Without a base of its own, so that going back to an older version has to be confirmed.
      return {
        ...noDocument,
        document: { environment: wanted.environment, base: null, services },
        warnings: [],
        restores: null,
        named: new Set(Object.keys(wanted.set)),
        reason: `set ${shortList(told)}`,
      };
    }
    case 'rollback': {
      const row = await rollbackRevision(parts, wanted.environment, wanted.to, signal);
      const spec = await parts.blobs.read('spec', row.spec, signal);
      const { revision } = await currentSpec(parts, wanted.environment, signal);
      const reason = `rollback to revision ${row.revision} (${row.deployment})`;
      const document = { ...spec, base: revision };
      return { ...noDocument, target: row, document, warnings: [], reason, restores: row.revision };
    }
  }
}

const noDocument = { source: null, common: {}, target: null, named: new Set<string>() } as const;

/** The revision to go back to: the one that a deployment made, or the one before what runs now. */
async function rollbackRevision(
  { store }: PlanningParts,
  environment: string,
  to: string | null,
  signal: AbortSignal,
): Promise<RevisionRow> {
  if (to !== null) {
    const row = await store.revisionOf(to, signal);
    if (row !== null && row.environment === environment) return row;
    throw new Fault('deployment.unknown', `${to} never changed what ${environment} is to run.`, {
      facts: { environment, deployment: to },
      next: `"dray deployments --environment ${environment}" lists them; only one that succeeded can be gone back to.`,
    });
  }
  const newest = await store.revision(environment, null, signal);
  const origin = newest === null ? null : await originOf(store, newest, signal);
  const before = origin === null ? null : await store.revision(environment, origin.revision - 1, signal);
  if (before !== null) return before;
  throw new Fault('spec.revision-unknown', `Nothing ran in ${environment} before what runs there now.`, {
    facts: { environment, revision: newest?.revision ?? 0 },
    next: 'Name a deployment to go back to with --to, or take services out of the spec with --allow-remove.',
  });
}

/** The revision that what runs now was first deployed as: a rollback's is the one that it went back to. */
async function originOf(store: Store, row: RevisionRow, signal: AbortSignal): Promise<RevisionRow> {
  for (let origin = row; ;) {
    const [accepted] = await store.stream(streams.deployment(origin.deployment), signal);
    const event = accepted === undefined ? null : readEvent(accepted);
    if (event?.kind !== 'deployment-accepted' || event.restores === null) return origin;
    const restored = await store.revision(origin.environment, event.restores, signal);
    if (restored === null || restored.revision >= origin.revision) return origin;
    origin = restored;
  }
}

/** What the environment is to run now, with its revision; revision 0 runs nothing. */
export async function currentSpec(
  { store, blobs }: Pick<PlanningParts, 'store' | 'blobs'>,
  environment: string,
  signal: AbortSignal,
) {
  const row = await store.revision(environment, null, signal);
  const nothing: Spec = { environment, services: {} };
  if (row === null) return { revision: 0, spec: nothing, row };
  return { revision: row.revision, row, spec: await blobs.read('spec', row.spec, signal) };
}

async function bareBase(...of: Parameters<typeof baseSpec>): Promise<Spec | null> {
  const base = await baseSpec(...of);
  return base === null ? null : withoutSecrets(base);
}

async function baseSpec(
  { store, blobs }: PlanningParts,
  { environment, base }: SpecDocument,
  signal: AbortSignal,
): Promise<Spec | null> {
  if (base === null) return null;
  if (base === 0) return { environment, services: {} };
  const row = await store.revision(environment, base, signal);
  if (row !== null) return blobs.read('spec', row.spec, signal);
  const newest = await store.revision(environment, null, signal);
  throw new Fault(
    'spec.revision-unknown',
    `${environment} never had revision ${base}; its newest is ${newest?.revision ?? 0}.`,
    {
      facts: { environment, revision: base, newest: newest?.revision ?? 0 },
      next: 'Correct "revision" in the file or --base, or leave both out.',
    },
  );
}

interface KnownRelease {
  readonly age: number;
  readonly manifest: ReleaseManifest;
}

type KnownReleases = ReadonlyMap<string, KnownRelease>;

async function findReleases(
  { store, blobs }: PlanningParts,
  specs: readonly Spec[],
  signal: AbortSignal,
): Promise<KnownReleases> {
  const found = new Map<string, KnownRelease>();
  for (const [service, entry] of specs.flatMap((spec) => Object.entries(spec.services))) {
    const key = `${service}@${entry.version}`;
    if (found.has(key)) continue;
    const row = await findRelease(store, service, entry.version, signal);
    found.set(key, { age: row.sequence, manifest: await blobs.read('manifest', row.manifest, signal) });
  }
  return found;
}

function manifestsOf(spec: Spec, releases: KnownReleases): ReadonlyMap<string, ReleaseManifest> {
  return new Map(
    Object.entries(spec.services).map(([service, entry]) => {
      const known = releases.get(`${service}@${entry.version}`);
      if (known === undefined) throw new Error(`the release ${service}@${entry.version} is not at hand`);
      return [service, known.manifest];
    }),
  );
}

async function instantiateAll(
  parts: PlanningParts,
  origins: Origins,
  of: { readonly manifests: ReadonlyMap<string, ReleaseManifest>; readonly resolved: ResolvedParameters },
  signal: AbortSignal,
) {
  const definitions = new Map<string, ServiceDefinition>();
  const refused: Refused[] = [];
  for (const [service, manifest] of of.manifests) {
    const resolved = of.resolved.get(service) ?? {};
    try {
      definitions.set(service, await instantiate(parts, manifest, valuesOf(resolved), signal));
    } catch (error) {
      if (!isAboutParameters(error)) throw error;
      refused.push({ service, fault: error, resolved });
    }
  }
  if (refused.length > 0) throw await parameterFault(origins, refused, signal);
  return definitions;
}

/** Definitions by the parameters that they were made with: a release never changes. Kept as long as its manifest is. */
const instances = new WeakMap<ReleaseManifest, Map<string, ServiceDefinition>>();

/** Of one release; beyond that its definitions are made anew. */
const instancesMost = 100;

async function instantiate(
  { documents, blobs }: PlanningParts,
  manifest: ReleaseManifest,
  values: SpecEntry['parameters'],
  signal: AbortSignal,
): Promise<ServiceDefinition> {
  const key = canonical(values);
  const known = instances.get(manifest)?.get(key);
  if (known !== undefined) return known;
  const templates = await templatesOf(blobs, manifest, signal);
  const definition = await documents.instantiate(manifest, values, templates, signal);
  const kept = instances.get(manifest) ?? new Map<string, ServiceDefinition>();
  if (kept.size >= instancesMost) kept.clear();
  instances.set(manifest, kept.set(key, definition));
  return definition;
}

function uncheckedImages(manifests: ReadonlyMap<string, ReleaseManifest>): ReadonlySet<string> {
  const names = [...manifests].flatMap(([service, manifest]) =>
    Object.entries(manifest.images).flatMap(([component, image]) =>
      image.hasHealthCheck === false ? [`${service}/${component}`] : [],
    ),
  );
  return new Set(names);
}

/** The most services that a reason names: it stands in every list. */
const toldMost = 5;

function shortList(told: readonly string[]): string {
  const more = told.length - toldMost;
  return `${told.slice(0, toldMost).join(' ')}${more > 0 ? ` and ${more} more` : ''}`;
}
