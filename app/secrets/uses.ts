import { isSameRef, type SecretRef } from '../../core/secret.ts';
import type { Spec, SpecEntry } from '../../core/spec.ts';
import type { SecretVersionRow, Store } from '../../port/store.ts';
import type { Blobs } from '../blobs.ts';
import { inventoryOf } from '../planning-inventory.ts';

/** Which services have a version of a secret, or are about to. */
export interface SecretUse {
  readonly ref: SecretRef;
  /** Sorted. */
  readonly services: readonly string[];
}

/** A service that has not got the newest version of a secret. */
export interface OlderPin {
  readonly service: string;
  readonly secret: string;
  readonly runs: SecretRef;
  readonly newest: SecretRef;
}

interface UseParts {
  readonly store: Pick<Store, 'inventory' | 'revision' | 'unfinished'>;
  readonly blobs: Blobs;
}

/**
 * Who has which version of each secret of an environment, by name: what its spec pins, what its components were last
 * given, and what unfinished deployments are going to give. Rather one too many than one too few: a version that is not
 * here can be revoked without anything that runs having it.
 */
export async function usesOf(
  { store, blobs }: UseParts,
  environment: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly SecretUse[]>> {
  const found = new Map<string, { readonly ref: SecretRef; readonly services: Set<string> }[]>();
  const note = (service: string, secret: string, ref: SecretRef): void => {
    const uses = found.get(secret) ?? [];
    found.set(secret, uses);
    const known = uses.find((use) => isSameRef(use.ref, ref));
    if (known === undefined) uses.push({ ref, services: new Set([service]) });
    else known.services.add(service);
  };
  const noteEntry = (service: string, entry: SpecEntry | null): void => {
    for (const [secret, ref] of Object.entries(entry?.secrets ?? {})) note(service, secret, ref);
  };
  // First: what ends meanwhile has left its mark in what is read after it.
  for (const { plan } of await store.unfinished({ environment }, signal)) {
    const { changes } = await blobs.read('plan', plan, signal);
    for (const [service, entry] of Object.entries(changes)) noteEntry(service, entry);
  }
  const row = await store.revision(environment, null, signal);
  const spec: Spec = row === null ? { environment, services: {} } : await blobs.read('spec', row.spec, signal);
  for (const [service, entry] of Object.entries(spec.services)) noteEntry(service, entry);
  for (const { spot, target } of await inventoryOf({ store, blobs }, environment, signal))
    for (const { secret, ref } of target.workload.secrets ?? []) note(spot.service, secret, ref);
  return new Map(
    [...found].map(([secret, uses]) => [
      secret,
      uses.map(({ ref, services }) => ({ ref, services: [...services].toSorted() })),
    ]),
  );
}

/** The newest version of each secret that Drayage keeps, by name. */
export function newestKept(rows: readonly SecretVersionRow[]): Map<string, SecretRef> {
  const found = new Map<string, SecretRef>();
  for (const { secret, version, id, revokedAt } of rows)
    if (revokedAt === null) found.set(secret, { kind: 'version', version: String(version), id });
  return found;
}

/** Which services pin another version than the newest; of secrets that are not in `newest` nothing is told. */
export function olderPins(services: Spec['services'], newest: ReadonlyMap<string, SecretRef>): readonly OlderPin[] {
  return Object.entries(services).flatMap(([service, { secrets = {} }]) =>
    Object.entries(secrets).flatMap(([secret, runs]): OlderPin[] => {
      const now = newest.get(secret);
      return now === undefined || isSameRef(runs, now) ? [] : [{ service, secret, runs, newest: now }];
    }),
  );
}
