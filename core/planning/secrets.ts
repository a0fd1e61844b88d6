import { canonical } from '../canonical.ts';
import type { ServiceDefinition } from '../definition.ts';
import { Fault } from '../fault.ts';
import type { Withheld } from '../plan.ts';
import { isSameRef, type SecretRef } from '../secret.ts';
import type { Spec, SpecEntry } from '../spec.ts';
import type { InventoryItem } from './inventory-item.ts';
import { entryOf } from './merge-specs.ts';

/** What is known of an environment's secrets. */
export interface KnownSecrets {
  /** The version that is newest, by name. */
  readonly newest: ReadonlyMap<string, SecretRef>;
  /** Identities of versions whose value is erased. */
  readonly revoked: ReadonlySet<string>;
  /** Why its newest version cannot be told or is not taken, by name: the source is silent, or what it gives cannot be used. */
  readonly untold: ReadonlyMap<string, Fault>;
}

export interface SecretsInput {
  /** What is to run, without versions of secrets. */
  readonly spec: Spec;
  readonly current: Spec;
  /** The spec that a rollback goes back to; null for any other deployment. */
  readonly restored: Spec | null;
  readonly definitions: ReadonlyMap<string, ServiceDefinition>;
  /** Services that unfinished deployments hold. */
  readonly busy: ReadonlySet<string>;
  /** Services that were asked for by name: they wait for their turn, and take the newest versions then. */
  readonly named: ReadonlySet<string>;
  readonly known: KnownSecrets;
  readonly inventory: readonly InventoryItem[];
  /** Who wants that a service keeps the version of a secret that it runs with; null: nobody, it takes the newest. */
  readonly withhold: (service: string, secret: string) => Withheld['because'] | null;
}

/** A spec with versions of secrets, and which newer ones it leaves out. */
export interface PinnedSpec {
  readonly spec: Spec;
  readonly withheld: readonly Withheld[];
}

/** Names of the secrets that a service mounts, sorted. */
export function secretNames({ components }: ServiceDefinition): readonly string[] {
  const names = Object.values(components).flatMap(({ secrets = [] }) => secrets.map(({ secret }) => secret));
  return [...new Set(names)].toSorted();
}

/** The same spec without versions of secrets: as a document says it. */
export function withoutSecrets<S extends Spec>(spec: S): S {
  const services = Object.fromEntries(Object.entries(spec.services).map(([name, entry]) => [name, bare(entry)]));
  return { ...spec, services };
}

/**
 * Gives every service of a spec the versions of its secrets: the newest ones; of a rollback those that it goes back to;
 * as they are for a service that another deployment holds and this one does not change; and what it runs with where a
 * newer one is withheld, unless that is revoked. Throws
 * `plan.secret-missing` with all that have no version, `secret.revoked` when a rollback needs one that is erased,
 * the fault of a source whose newest version is not to be had when nothing runs yet.
 */
export function withSecrets(input: SecretsInput): PinnedSpec {
  const missing = new Set<string>();
  const revoked: string[] = [];
  const withheld: Withheld[] = [];
  const services = Object.entries(input.spec.services).map(([service, entry]): [string, SpecEntry] => {
    const definition = input.definitions.get(service);
    const names = definition === undefined ? [] : secretNames(definition);
    if (names.length === 0) return [service, entry];
    const kept = keptFor(service, entry, input);
    const refs = names.flatMap((name): [string, SecretRef][] => {
      const untold = input.known.untold.get(name);
      const pinned = own(kept, name);
      const held = pinned === undefined ? withheldOf(service, name, input) : null;
      if (held !== null) withheld.push(held);
      const newest = held?.runs ?? input.known.newest.get(name);
      const ref = pinned ?? newest ?? (untold && own(nowOf(service, input), name));
      if (ref === undefined && untold !== undefined) throw untold;
      if (ref === undefined) missing.add(name);
      else if (isRevoked(ref, input.known)) revoked.push(`${name} version ${versionOf(ref)} (${service})`);
      return ref === undefined ? [] : [[name, ref]];
    });
    return [service, { ...entry, secrets: Object.fromEntries(refs) }];
  });
  refuseMissing([...missing].toSorted(), input.spec);
  if (input.restored !== null) refuseRevoked(revoked, input.spec);
  return { spec: { ...input.spec, services: Object.fromEntries(services) }, withheld };
}

/** What a service does not get of a secret; null where it gets the newest, has it, or has one that must not go on. */
function withheldOf(service: string, secret: string, input: SecretsInput): Withheld | null {
  const because = input.restored === null ? input.withhold(service, secret) : null;
  const newest = input.known.newest.get(secret);
  if (because === null || newest === undefined) return null;
  const runs = runningRef(service, secret, input);
  if (runs === undefined || isSameRef(runs, newest) || isRevoked(runs, input.known)) return null;
  return { service, secret, runs, newest, because };
}

/** The version that all components of a service have; as its spec says where they differ. */
function runningRef(service: string, secret: string, input: SecretsInput): SecretRef | undefined {
  const mounted = input.inventory.flatMap(({ spot, target }) =>
    spot.service === service ? (target.workload.secrets ?? []).filter((file) => file.secret === secret) : [],
  );
  const [first] = mounted;
  const isOne = mounted.every(({ ref }) => isSameRef(ref, first?.ref));
  return isOne && first !== undefined ? first.ref : own(nowOf(service, input), secret);
}

/** What runs goes on: where a source does not tell its newest version, the one that runs stays. */
function nowOf(service: string, { current }: SecretsInput): SpecEntry['secrets'] {
  return entryOf(current, service)?.secrets;
}

/** The versions that are not to be the newest ones. */
function keptFor(service: string, entry: SpecEntry, input: SecretsInput): SpecEntry['secrets'] {
  const { current, restored, busy, named } = input;
  if (restored !== null) return entryOf(restored, service)?.secrets;
  const now = entryOf(current, service);
  if (now === null || !busy.has(service) || named.has(service)) return undefined;
  return canonical(bare(now)) === canonical(entry) ? now.secrets : undefined;
}

function bare(entry: SpecEntry): SpecEntry {
  const { secrets: _, ...rest } = entry;
  return rest;
}

function own(of: SpecEntry['secrets'], name: string): SecretRef | undefined {
  return of !== undefined && Object.hasOwn(of, name) ? of[name] : undefined;
}

function isRevoked(ref: SecretRef, { revoked }: KnownSecrets): boolean {
  return ref.kind === 'version' && revoked.has(ref.id);
}

function versionOf(ref: SecretRef): string {
  return ref.kind === 'version' ? ref.version : ref.name;
}

function refuseMissing(missing: readonly string[], { environment }: Spec): void {
  if (missing.length === 0) return;
  throw new Fault('plan.secret-missing', `${environment} has no secret ${missing.join(', ')}.`, {
    facts: { environment, secrets: [...missing] },
    next: missing.map((name) => `dray secret set ${environment} ${name}`).join('; '),
  });
}

function refuseRevoked(revoked: readonly string[], { environment }: Spec): void {
  if (revoked.length === 0) return;
  throw new Fault('secret.revoked', `What this goes back to needs ${revoked.join(', ')}, which was revoked.`, {
    facts: { environment, versions: [...revoked] },
    next: 'Deploy the older releases with the present secrets: dray deploy ENVIRONMENT --set SERVICE=VERSION.',
  });
}
