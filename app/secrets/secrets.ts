import { Fault, isFault } from '../../core/fault.ts';
import type { SecretSource } from '../../core/platform.ts';
import type { KnownSecrets } from '../../core/planning/secrets.ts';
import type { SecretRef } from '../../core/secret.ts';
import type { SecretFile, Workload } from '../../core/workload.ts';
import type { SecretPlace, SourcedSecret } from '../../port/secrets.ts';
import { environmentOf } from '../platform.ts';
import type { Actor } from '../api.ts';
import type { ListedSecret, SecretRevocation } from '../secret-api.ts';
import { createKeptSecrets, type KeptSecrets } from './kept.ts';
import { sourceDeadlineMs, type SecretParts } from './parts.ts';
import { refuseShort } from './short.ts';
import { newestKept, usesOf } from './uses.ts';

/** The secrets of all environments, wherever each is kept. */
export interface Secrets extends Omit<KeptSecrets, 'open' | 'revoke'> {
  /** As that of kept secrets; tells who has the version, and keeps it until something replaces their tasks. */
  revoke(actor: Actor, of: SecretPlace, signal: AbortSignal): Promise<SecretRevocation>;
  /** Versions that Drayage keeps, by name and version; `environment.unknown`. */
  list(environment: string, signal: AbortSignal): Promise<readonly ListedSecret[]>;
  /**
   * Which version of each name is newest. What a source does not give, or gives and cannot be taken as a secret, is told
   * with its reason and holds nothing else up: what runs goes on and can be taken back (decision 039).
   */
  newest(environment: string, names: readonly string[], signal: AbortSignal): Promise<KnownSecrets>;
  /**
   * The value of exactly this version: `secret.unknown`, `secret.revoked`, `secret.gone`, `secret.unreachable`,
   * `secret.denied`, `secret.broken`, `secret.key-missing`, `secret.key-wrong`.
   */
  open(environment: string, file: Pick<SecretFile, 'secret' | 'ref'>, signal: AbortSignal): Promise<Uint8Array>;
  /** Which version is newest now: `secret.unknown` and what `open` rejects with. */
  newestRef(environment: string, secret: string, signal: AbortSignal): Promise<VersionRef>;
  /** Identity of any value at a place: an HMAC, as those of versions. */
  identify(place: readonly string[], value: Uint8Array, signal: AbortSignal): Promise<string>;
  /** The value that is newest now, and which version it is: `secret.unknown` and what `open` rejects with. */
  current(
    environment: string,
    secret: string,
    signal: AbortSignal,
  ): Promise<{ readonly value: Uint8Array; readonly ref: VersionRef }>;
  /**
   * Sees to it that the values of a workload's secrets are known to this process before it reads what its containers
   * say. What cannot be opened is left out.
   */
  remember(workload: Workload, signal: AbortSignal): Promise<void>;
}

type VersionRef = Extract<SecretRef, { readonly kind: 'version' }>;

/** How many sources are asked at once. */
const askedAtOnce = 8;

export function createSecrets(parts: SecretParts): Secrets {
  const kept = createKeptSecrets(parts);
  const opened: Secrets['open'] = (environment, file, signal) => open(parts, kept, environment, file, signal);
  return {
    set: (actor, input, signal) => kept.set(actor, input, signal),
    revoke: (actor, of, signal) => revoke(parts, kept, actor, of, signal),
    rotateKey: (actor, signal) => kept.rotateKey(actor, signal),
    list: (environment, signal) => list(parts, environment, signal),
    newest: (environment, names, signal) => newest(parts, environment, names, signal),
    open: opened,
    newestRef: (environment, secret, signal) => newestRef(parts, environment, secret, signal),
    identify: (place, value, signal) => identify(parts, place, value, signal),
    async current(environment, secret, signal) {
      const ref = await newestRef(parts, environment, secret, signal);
      return { value: await opened(environment, { secret, ref }, signal), ref };
    },
    remember: createRemember(parts, opened),
  };
}

function createRemember({ forgottenSecrets }: SecretParts, open: Secrets['open']): Secrets['remember'] {
  const remembered = new Set<string>();
  let forgotten = 0;
  return async ({ environment, secrets = [] }, signal) => {
    // Which ones were forgotten is not told: all are opened once more.
    if (forgottenSecrets() !== forgotten) remembered.clear();
    forgotten = forgottenSecrets();
    for (const { secret, ref } of secrets) {
      if (ref.kind !== 'version' || remembered.has(ref.id)) continue;
      try {
        (await open(environment, { secret, ref }, signal)).fill(0);
        remembered.add(ref.id);
      } catch (error) {
        if (!isFault(error)) throw error;
      }
    }
  };
}

async function list(
  { store, blobs, platform }: SecretParts,
  environment: string,
  signal: AbortSignal,
): Promise<readonly ListedSecret[]> {
  const { secrets: sources = {} } = environmentOf((await platform.current(signal)).platform, environment);
  const rows = Map.groupBy(await store.secretVersions(environment, signal), ({ secret }) => secret);
  const names = [...new Set([...rows.keys(), ...Object.keys(sources)])].toSorted();
  const uses = await usesOf({ store, blobs }, environment, signal);
  return names.map((secret) => ({
    secret,
    from: sourceOf(sources, secret)?.kind ?? 'drayage',
    versions: rows.get(secret) ?? [],
    uses: uses.get(secret) ?? [],
  }));
}

async function revoke(
  { store, blobs }: SecretParts,
  kept: KeptSecrets,
  actor: Actor,
  of: SecretPlace,
  signal: AbortSignal,
): Promise<SecretRevocation> {
  const change = await kept.revoke(actor, of, signal);
  const row = (await store.secretVersions(of.environment, signal)).find(
    (one) => one.secret === of.secret && one.version === of.version,
  );
  const uses = (await usesOf({ store, blobs }, of.environment, signal)).get(of.secret) ?? [];
  const use = uses.find(({ ref }) => ref.kind === 'version' && ref.id === row?.id);
  return { ...change, usedBy: use?.services ?? [] };
}

async function newest(
  parts: SecretParts,
  environment: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<KnownSecrets> {
  if (names.length === 0) return { newest: new Map(), revoked: new Set(), untold: new Map() };
  const { secrets: sources = {} } = environmentOf((await parts.platform.current(signal)).platform, environment);
  const rows = await parts.store.secretVersions(environment, signal);
  const found = newestKept(rows);
  const untold = new Map<string, Fault>();
  const elsewhere = names.flatMap((name) => {
    const source = sourceOf(sources, name);
    return source === undefined ? [] : [{ name, source }];
  });
  for (let begin = 0; begin < elsewhere.length; begin += askedAtOnce) {
    const piece = elsewhere.slice(begin, begin + askedAtOnce).map(async ({ name, source }) => {
      found.delete(name);
      try {
        found.set(name, await refOf(parts, { environment, secret: name, source }, signal));
      } catch (error) {
        if (!isFault(error) || !error.code.startsWith('secret.')) throw error;
        untold.set(name, error);
      }
    });
    await Promise.all(piece);
  }
  const revoked = new Set(rows.filter(({ revokedAt }) => revokedAt !== null).map(({ id }) => id));
  return { newest: found, revoked, untold };
}

interface Sourced {
  readonly environment: string;
  readonly secret: string;
  readonly source: SecretSource;
}

async function refOf(parts: SecretParts, of: Sourced, signal: AbortSignal): Promise<SecretRef> {
  if (of.source.kind === 'engine') return { kind: 'engine', name: of.source.name };
  const found = await read(parts, of, null, signal);
  try {
    refuseShort(of, found.value);
    const id = await identityOf(parts, of, found, signal);
    return { kind: 'version', version: found.version ?? id.slice(0, 8), id };
  } finally {
    found.value.fill(0);
  }
}

async function read(parts: SecretParts, of: Sourced, version: string | null, signal: AbortSignal) {
  const deadline = parts.clock.timeout(sourceDeadlineMs);
  try {
    const found = await parts.sources.read(of.source, version, AbortSignal.any([signal, deadline]));
    parts.noteSecret(found.value);
    return found;
  } catch (error) {
    if (isFault(error) || signal.aborted || !deadline.aborted) throw error;
    throw new Fault(
      'secret.unreachable',
      `${of.secret} of ${of.environment} (${of.source.kind}) did not come within ${sourceDeadlineMs / 1000} s.`,
      {
        facts: { environment: of.environment, secret: of.secret, source: of.source.kind },
      },
    );
  }
}

async function identityOf(parts: SecretParts, of: Sourced, found: SourcedSecret, signal: AbortSignal): Promise<string> {
  const place = ['drayage', of.source.kind, of.environment, of.secret, found.version ?? ''];
  return await identify(parts, place, found.value, signal);
}

async function identify(
  { box, store }: SecretParts,
  place: readonly string[],
  value: Uint8Array,
  signal: AbortSignal,
): Promise<string> {
  await box.key((await store.secretVersions(null, signal)).length === 0, signal);
  return await box.identify(place, value, signal);
}

async function open(
  parts: SecretParts,
  kept: KeptSecrets,
  environment: string,
  { secret, ref }: Pick<SecretFile, 'secret' | 'ref'>,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (ref.kind === 'engine') throw new Error(`the value of ${ref.name} is the engine's own`);
  const rows = await parts.store.secretVersions(environment, signal);
  const row = rows.find((one) => one.secret === secret && one.id === ref.id);
  if (row !== undefined) return await kept.open(row, signal);
  const { platform } = await parts.platform.current(signal);
  const source = sourceOf(environmentOf(platform, environment).secrets ?? {}, secret);
  if (source === undefined || source.kind === 'engine') throw gone(environment, secret, ref.version);
  const of = { environment, secret, source };
  const found = await read(parts, of, ref.version, signal);
  if ((await identityOf(parts, of, found, signal)) === ref.id) return found.value;
  found.value.fill(0);
  throw gone(environment, secret, ref.version);
}

async function newestRef(
  parts: SecretParts,
  environment: string,
  secret: string,
  signal: AbortSignal,
): Promise<VersionRef> {
  const known = await newest(parts, environment, [secret], signal);
  const untold = known.untold.get(secret);
  if (untold !== undefined) throw untold;
  const ref = known.newest.get(secret);
  if (ref?.kind === 'version') return ref;
  throw new Fault('secret.unknown', `${environment} keeps no value of the secret ${secret}.`, {
    facts: { environment, secret },
    next: `dray secret set ${environment} ${secret}`,
  });
}

function gone(environment: string, secret: string, version: string): Fault {
  return new Fault(
    'secret.gone',
    `Version ${version} of the secret ${secret} of ${environment} is not to be had any more.`,
    {
      facts: { environment, secret, version },
    },
  );
}

function sourceOf(sources: { readonly [secret: string]: SecretSource }, name: string): SecretSource | undefined {
  return Object.hasOwn(sources, name) ? sources[name] : undefined;
}
