import { setImmediate } from 'node:timers/promises';
import { changeOf, type ComparedEvidence, type ReleaseChange } from '../core/comparing/change.ts';
import {
  compareServices,
  type ComparedService,
  type ComparedServices,
  type ComparedSide,
  type Comparison,
} from '../core/comparing/compare.ts';
import { parameterLayers, resolveParameters, type EnvironmentParameters } from '../core/parameter/resolve.ts';
import { givenParameters } from '../core/platform.ts';
import { shareParameters } from '../core/planning/spec-parameters.ts';
import type { ReleaseManifest } from '../core/release.ts';
import type { Spec } from '../core/spec.ts';
import { unreachable } from '../core/unreachable.ts';
import type { SourceFile } from '../port/documents.ts';
import { comparedEvidence } from './evidence/compared.ts';
import { noneGiven, parametersThen } from './parameters.ts';
import type { PlanningParts } from './planning.ts';
import { currentSpec } from './specs.ts';
import { environmentOf } from './platform.ts';
import { findRelease } from './releases.ts';

type Parts = Pick<PlanningParts, 'store' | 'blobs' | 'platform' | 'documents' | 'clock'>;

/** What is to be compared. */
export type Subject =
  | { readonly kind: 'environment'; readonly environment: string }
  | { readonly kind: 'release'; readonly service: string; readonly version: string }
  | { readonly kind: 'spec'; readonly document: SourceFile };

/** What a subject comes to. */
interface Side {
  readonly side: ComparedSide;
  readonly services: ComparedServices;
  /** By service. */
  readonly manifests: ReadonlyMap<string, ReleaseManifest>;
}

/** Services whose evidence is looked into; each takes some reading. */
const changesMost = 300;

/**
 * Compares two subjects: `environment.unknown`, `service.unknown`, `release.unknown`, `document.invalid`. Two releases
 * are taken for the same service's: what they have is compared, whatever they are called.
 */
export async function compare(parts: Parts, a: Subject, b: Subject, signal: AbortSignal): Promise<Comparison> {
  const mine = await sideOf(parts, a, signal);
  const areReleases = a.kind === 'release' && b.kind === 'release';
  const theirs = areReleases ? calledLike(a.service, await sideOf(parts, b, signal)) : await sideOf(parts, b, signal);
  const differences = compareServices(mine.services, theirs.services);
  const releaseIn = ({ services }: Side, service: string) => {
    const identity = services.get(service)?.identity;
    return identity === undefined ? null : `${identity.service}@${identity.version}`;
  };
  const changed = [...new Set([...mine.services.keys(), ...theirs.services.keys()])]
    .toSorted()
    .filter((service) => releaseIn(mine, service) !== releaseIn(theirs, service));
  const changes: ReleaseChange[] = [];
  for (const service of changed.slice(0, changesMost)) {
    await setImmediate();
    const [before, after] = [mine.manifests.get(service), theirs.manifests.get(service)];
    changes.push(changeOf(service, await provenOf(parts, before, signal), await provenOf(parts, after, signal)));
  }
  const moreChanges = changed.length - changes.length;
  return { a: mine.side, b: theirs.side, differences, changes, moreChanges };
}

/** A release by itself, under another service's name: to be compared with that one's. */
function calledLike(service: string, { side, services, manifests }: Side): Side {
  const renamed = <T>(of: ReadonlyMap<string, T>) => new Map([...of.values()].map((it) => [service, it]));
  return { side, services: renamed(services), manifests: renamed(manifests) };
}

async function provenOf(
  parts: Parts,
  manifest: ReleaseManifest | undefined,
  signal: AbortSignal,
): Promise<ComparedEvidence | null> {
  return manifest === undefined ? null : await comparedEvidence(parts, manifest, signal);
}

async function sideOf(parts: Parts, subject: Subject, signal: AbortSignal): Promise<Side> {
  switch (subject.kind) {
    case 'environment':
      return await environmentSide(parts, subject.environment, signal);
    case 'release':
      return await releaseSide(parts, subject.service, subject.version, signal);
    case 'spec':
      return await specSide(parts, subject.document, signal);
    default:
      return unreachable(subject);
  }
}

/** What an environment is to run, with the values that its parameters had when that was deployed. */
async function environmentSide(parts: Parts, environment: string, signal: AbortSignal): Promise<Side> {
  const now = await parts.platform.current(signal);
  environmentOf(now.platform, environment);
  const { revision, spec, row } = await currentSpec(parts, environment, signal);
  const then = await parametersThen(parts, row, now, signal);
  const manifests = await manifestsOf(parts, spec, signal);
  const services = servicesOf(spec, manifests, then);
  return { side: { kind: 'environment', environment, revision, services: services.size }, services, manifests };
}

/** A release by itself: its parameters are what they default to. */
async function releaseSide(parts: Parts, service: string, version: string, signal: AbortSignal): Promise<Side> {
  const entry = { version, replicas: null, parameters: {}, ports: {} };
  const spec = { environment: '', services: { [service]: entry } };
  const manifests = await manifestsOf(parts, spec, signal);
  return { side: { kind: 'release', service, version }, services: servicesOf(spec, manifests, noneGiven), manifests };
}

/** What a document asks for, with the parameters that its environment has now. */
async function specSide(parts: Parts, source: SourceFile, signal: AbortSignal): Promise<Side> {
  const { document, parameters } = await parts.documents.readDeployment(source, signal);
  const { environment } = document;
  const { platform } = await parts.platform.current(signal);
  environmentOf(platform, environment);
  const manifests = await manifestsOf(parts, document, signal);
  const spec = shareParameters(document, parameters, (service) => manifests.get(service)?.parameters ?? []);
  const services = servicesOf(spec, manifests, givenParameters(platform, environment));
  return { side: { kind: 'spec', name: source.name, environment, services: services.size }, services, manifests };
}

async function manifestsOf(parts: Parts, spec: Spec, signal: AbortSignal): Promise<Side['manifests']> {
  const manifests = new Map<string, ReleaseManifest>();
  for (const [service, { version }] of Object.entries(spec.services)) {
    const row = await findRelease(parts.store, service, version, signal);
    manifests.set(service, await parts.blobs.read('manifest', row.manifest, signal));
  }
  return manifests;
}

function servicesOf(spec: Spec, manifests: Side['manifests'], environment: EnvironmentParameters): ComparedServices {
  const services = new Map<string, ComparedService>();
  for (const [service, manifest] of manifests) {
    const entry = spec.services[service];
    if (entry === undefined) continue;
    const { identity, parameters } = manifest;
    const resolved = resolveParameters(parameters, parameterLayers(environment, service, entry.parameters));
    services.set(service, { entry, identity, parameters: resolved });
  }
  return services;
}
