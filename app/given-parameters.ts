import type { EnvironmentParameters, ParameterValues } from '../core/parameter/resolve.ts';
import {
  pinParameters,
  shareParameters,
  unknownParameters,
  type ParametersOf,
} from '../core/planning/spec-parameters.ts';
import type { ReleaseManifest } from '../core/release.ts';
import type { SpecDocument } from '../core/spec.ts';
import type { SourceFile } from '../port/documents.ts';
import type { RevisionRow } from '../port/store.ts';
import type { Blobs } from './blobs.ts';
import { parametersThen, unknownFault, type Origins } from './parameters.ts';
import type { PlanningParts } from './planning.ts';
import type { PlatformState } from './platform.ts';

/** A spec that is asked for, before its services have been given their values. */
export interface Given {
  readonly document: SpecDocument;
  /** The document that the author sent; null: none was. */
  readonly source: SourceFile | null;
  /** What it gives every service that has a parameter of the name. */
  readonly common: ParameterValues;
  /** The revision to go back to; null: none. */
  readonly target: RevisionRow | null;
}

/** The document with the values that its services are given: those for all, and those that a rollback brings back. */
export async function withParameters(
  parts: PlanningParts,
  { document, common, source, target }: Given,
  of: {
    readonly parametersOf: ParametersOf;
    /** What the platform gives the environment now. */
    readonly given: EnvironmentParameters;
    readonly now: Awaited<ReturnType<PlatformState['current']>>;
  },
  signal: AbortSignal,
): Promise<{ readonly mine: SpecDocument; readonly origins: Origins }> {
  const { parametersOf, given, now } = of;
  const shared = Object.entries(document.services).flatMap(([service, { parameters }]) =>
    Object.keys(common).flatMap((name) => (Object.hasOwn(parameters, name) ? [] : [`${service}/${name}`])),
  );
  const { environment } = document;
  const origins = { documents: parts.documents, environment, document: source, common: shared };
  if (target !== null) {
    const then = await parametersThen(parts, target, now, signal);
    return { mine: { ...document, ...pinParameters(document, then, given, parametersOf) }, origins };
  }
  const unknown = source === null ? [] : unknownParameters(document, common, parametersOf);
  if (unknown.length > 0) throw await unknownFault(origins, unknown, signal);
  return { mine: shareParameters(document, common, parametersOf), origins };
}

/** The texts of a release's templates, by path. */
export async function templatesOf(
  blobs: Blobs,
  { templates = [], identity }: ReleaseManifest,
  signal: AbortSignal,
): Promise<{ readonly [path: string]: string }> {
  const texts = templates.map(async (path): Promise<[string, string]> => {
    const digest = identity.files[path];
    if (digest === undefined) throw new Error(`the release holds no file ${path}`);
    return [path, new TextDecoder('utf-8', { ignoreBOM: true }).decode(await blobs.bytes(digest, signal))];
  });
  return Object.fromEntries(await Promise.all(texts));
}
