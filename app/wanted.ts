import { Fault } from '../core/fault.ts';
import { readEvent } from '../core/ledger.ts';
import { entryOf } from '../core/planning/merge-specs.ts';
import type { Spec, SpecEntry } from '../core/spec.ts';
import type { Documents } from '../port/documents.ts';
import type { RevisionRow, Store } from '../port/store.ts';
import type { Wanted } from './api.ts';
import { streams } from './append.ts';
import type { Blobs } from './blobs.ts';
import type { Given } from './given-parameters.ts';
import { currentSpec } from './specs.ts';

interface WantedParts {
  readonly store: Pick<Store, 'revision' | 'revisionOf' | 'stream'>;
  readonly blobs: Blobs;
  readonly documents: Documents;
}

/** A plan that is asked for, read. */
export interface Asked extends Given {
  readonly reason: string;
  readonly warnings: readonly string[];
  readonly restores: number | null;
  /** Services that were asked for by name. */
  readonly named: ReadonlySet<string>;
}

/** Reads what is wanted. Throws `document.*`, `deployment.unknown`, `spec.revision-unknown`. */
export async function readWanted(parts: WantedParts, wanted: Wanted, signal: AbortSignal): Promise<Asked> {
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
      const told = Object.entries(wanted.set).map(([service, version]) => `${service}=${version}`);
      // Without a base of its own, so that going back to an older version has to be confirmed.
      return {
        ...noDocument,
        document: { ...withVersions(spec, wanted.set), base: null },
        warnings: [],
        restores: null,
        named: new Set(Object.keys(wanted.set)),
        reason: `set ${shortList(told)}`,
      };
    }
    case 'rollback': {
      const row = await rollbackRevision(parts, wanted.environment, wanted.to, signal);
      const spec = await parts.blobs.read('spec', row.spec, signal);
      const reason = `rollback to revision ${row.revision} (${row.deployment})`;
      const document = { ...spec, base: null };
      return { ...noDocument, target: row, document, warnings: [], reason, restores: row.revision };
    }
  }
}

/** A spec in which services have other versions, and those that it did not have are added. */
export function withVersions<S extends Spec>(spec: S, versions: { readonly [service: string]: string }): S {
  const changed = Object.entries(versions).map(([service, version]): [string, SpecEntry] => {
    const entry = entryOf(spec, service) ?? { version, replicas: null, parameters: {}, ports: {} };
    return [service, { ...entry, version }];
  });
  return { ...spec, services: { ...spec.services, ...Object.fromEntries(changed) } };
}

const noDocument = { source: null, common: {}, target: null, named: new Set<string>() } as const;

/** The revision to go back to: the one that a deployment made, or the one before what runs now. */
async function rollbackRevision(
  { store }: Pick<WantedParts, 'store'>,
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
async function originOf(store: WantedParts['store'], row: RevisionRow, signal: AbortSignal): Promise<RevisionRow> {
  for (let origin = row; ;) {
    const [accepted] = await store.stream(streams.deployment(origin.deployment), signal);
    const event = accepted === undefined ? null : readEvent(accepted);
    if (event?.kind !== 'deployment-accepted' || event.restores === null) return origin;
    const restored = await store.revision(origin.environment, event.restores, signal);
    if (restored === null || restored.revision >= origin.revision) return origin;
    origin = restored;
  }
}

/** The most services that a reason names: it stands in every list. */
const toldMost = 5;

function shortList(told: readonly string[]): string {
  const more = told.length - toldMost;
  return `${told.slice(0, toldMost).join(' ')}${more > 0 ? ` and ${more} more` : ''}`;
}
