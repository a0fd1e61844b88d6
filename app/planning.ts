import type { Fault } from '../core/fault.ts';
import type { Digest } from '../core/hash.ts';
import { isEmpty } from '../core/plan.ts';
import { askedServices } from '../core/planning/ahead.ts';
import { refuseLeftovers } from '../core/planning/leftovers.ts';
import { makePlan, type PlanningResult } from '../core/planning/make-plan.ts';
import { mergeSpecs, type MergeInput } from '../core/planning/merge-specs.ts';
import { resolveSpec, type ParametersOf } from '../core/planning/spec-parameters.ts';
import { parameterChanges } from '../core/parameter/changes.ts';
import type { EnvironmentParameters } from '../core/parameter/resolve.ts';
import { secretNames, withoutSecrets } from '../core/planning/secrets.ts';
import { checkRestart, planWithSecrets, type RestartWish } from '../core/planning/withhold.ts';
import { givenParameters } from '../core/platform.ts';
import type { ReleaseManifest } from '../core/release.ts';
import type { Spec } from '../core/spec.ts';
import type { Clock } from '../port/clock.ts';
import type { Documents } from '../port/documents.ts';
import type { SignatureVerifier } from '../port/signatures.ts';
import type { DeploymentRow, Store } from '../port/store.ts';
import type { PlanInput } from './api.ts';
import { streams } from './append.ts';
import type { Blobs } from './blobs.ts';
import { requireEvidence } from './evidence/require.ts';
import { instantiateAll } from './definitions.ts';
import { environmentOf, type PlatformState } from './platform.ts';
import { foresee, foreseenInventory, foreseenSpec, foreseenWarnings, type Foreseen } from './planning-ahead.ts';
import { claimsOfOthers, inventoryOf, publishes } from './planning-inventory.ts';
import { withParameters } from './given-parameters.ts';
import { noneGiven, parametersThen } from './parameters.ts';
import { findRelease } from './releases.ts';
import { bareBase, currentSpec } from './specs.ts';
import { readWanted, withVersions, type Asked } from './wanted.ts';
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
  /** The unfinished deployments on whose end the plan builds. */
  readonly foreseen: readonly Foreseen[];
  readonly reason: string;
  readonly warnings: readonly string[];
}

/**
 * Works out the plan that leads from what the environment is to run to what is wanted. What unfinished deployments change
 * of the same services counts as done: the plan has its turn after them. Writes nothing.
 */
export async function planFor(parts: PlanningParts, input: PlanInput, signal: AbortSignal): Promise<Planned> {
  const asked = await readWanted(parts, input.wanted, signal);
  const now = await parts.platform.current(signal);
  const { platform, row } = now;
  const environment = asked.document.environment;
  const environmentDefinition = environmentOf(platform, environment);
  const environmentVersion = await parts.store.version(streams.environment(environment), signal);
  // Before the inventory: one that is accepted between the two moves the environment's stream on.
  const unfinished = await parts.store.unfinished({ environment }, signal);
  const { revision, spec: ran, row: currentRow } = await currentSpec(parts, environment, signal);
  const rollback = input.wanted.kind === 'rollback';
  const given = givenParameters(platform, environment);
  const wanted = await wantedAhead(parts, { input, asked, ran, unfinished, given, now }, signal);
  const { mine, origins, current, foreseen, releases, parametersOf } = wanted;
  const base = await bareBase(parts, asked.document, signal);
  // Whoever says from which revision they began knows nothing of what came after it.
  const theirs = base === null ? current : ran;
  const bare = merged(input, { current: theirs, currentRevision: revision, base, mine, releases });
  const restart = input.restart ?? plainRestart;
  checkRestart(restart, bare, rollback);
  const manifests = manifestsOf(bare, releases);
  const resolved = resolveSpec(bare, given, parametersOf);
  const then = hasParameters(current, parametersOf) ? await parametersThen(parts, currentRow, now, signal) : noneGiven;
  const before = resolveSpec(current, then, parametersOf);
  // Together: one is done in another thread, the other in this one.
  const [definitions, inventory] = await Promise.all([
    instantiateAll(parts, origins, { manifests, resolved }, signal),
    inventoryOf(parts, environment, signal).then((items) => foreseenInventory(parts, items, foreseen, signal)),
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
    await requireEvidence(parts, { platform, plan, current: ran, manifests }, signal);
  }
  return {
    ...result,
    environment,
    revision,
    environmentVersion,
    foreseen,
    reason: asked.reason,
    warnings: [
      ...asked.warnings,
      ...foreseenWarnings(foreseen, { isEmpty: isEmpty(result.plan) }),
      ...[...known.untold.values()].map(stays),
    ],
    restores: asked.restores,
    rendered: new Map([...definitions.values()].flatMap((definition) => Object.entries(definition.rendered ?? {}))),
  };
}

/** What is wanted, with its parameters, and what the environment is to run by the time that it has its turn. */
async function wantedAhead(
  parts: PlanningParts,
  of: {
    readonly input: PlanInput;
    readonly asked: Asked;
    readonly ran: Spec;
    readonly unfinished: readonly DeploymentRow[];
    readonly given: EnvironmentParameters;
    readonly now: Awaited<ReturnType<PlatformState['current']>>;
  },
  signal: AbortSignal,
) {
  const { asked, ran, unfinished, given, now } = of;
  const { wanted } = of.input;
  const releases = new Map<string, KnownRelease>();
  await findReleases(parts, [ran, asked.document], releases, signal);
  const parametersOf: ParametersOf = (service, version) =>
    releases.get(`${service}@${version}`)?.manifest.parameters ?? [];
  const { mine, origins } = await withParameters(parts, asked, { parametersOf, given, now }, signal);
  const known = wanted.kind === 'rollback' ? ran : withoutSecrets(ran);
  const services = askedServices(mine, known, asked.named);
  const { waiting } = environmentOf(now.platform, ran.environment);
  const foreseen = await foresee(parts, unfinished, { services, waiting }, signal);
  const current = foreseenSpec(ran, foreseen);
  if (foreseen.length > 0) await findReleases(parts, [current], releases, signal);
  // Versions that are set are set in what is there by then.
  const set = wanted.kind === 'change' ? withVersions({ ...mine, services: current.services }, wanted.set) : mine;
  return { mine: set, origins, current, foreseen, releases, parametersOf };
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

interface KnownRelease {
  readonly age: number;
  readonly manifest: ReleaseManifest;
}

type KnownReleases = ReadonlyMap<string, KnownRelease>;

/** Adds the releases that specs name to those that are found already. */
async function findReleases(
  { store, blobs }: PlanningParts,
  specs: readonly Spec[],
  found: Map<string, KnownRelease>,
  signal: AbortSignal,
): Promise<void> {
  for (const [service, entry] of specs.flatMap((spec) => Object.entries(spec.services))) {
    const key = `${service}@${entry.version}`;
    if (found.has(key)) continue;
    const row = await findRelease(store, service, entry.version, signal);
    found.set(key, { age: row.sequence, manifest: await blobs.read('manifest', row.manifest, signal) });
  }
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

function uncheckedImages(manifests: ReadonlyMap<string, ReleaseManifest>): ReadonlySet<string> {
  const names = [...manifests].flatMap(([service, manifest]) =>
    Object.entries(manifest.images).flatMap(([component, image]) =>
      image.hasHealthCheck === false ? [`${service}/${component}`] : [],
    ),
  );
  return new Set(names);
}
