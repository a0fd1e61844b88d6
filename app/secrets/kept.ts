import { Fault, isFault } from '../../core/fault.ts';
import { secretBytesMost, secretNameHint, secretNamePattern, sizeClassOf } from '../../core/secret.ts';
import { sha256 } from '../../core/hash.ts';
import { nowhere } from '../../core/access.ts';
import type { SecretPlace } from '../../port/secrets.ts';
import type { SecretVersionRow } from '../../port/store.ts';
import { requireAccess } from '../access.ts';
import type { Actor } from '../api.ts';
import { by, receiptOf, retryOnConflict, streams } from '../append.ts';
import type { Receipt } from '../ledger-api.ts';
import { environmentOf } from '../platform.ts';
import type { SecretChange, SecretInput, SecretKeyChange } from '../secret-api.ts';
import { ledgerStream } from '../signing-keys.ts';
import type { SecretParts } from './parts.ts';
import { refuseShort } from './short.ts';

/** The store of secrets that Drayage keeps itself. */
export interface KeptSecrets {
  /**
   * Makes a new version: `auth.not-allowed`, `environment.unknown`, `secret.elsewhere`, `secret.conflict`,
   * `request.invalid`, `request.too-large`, `secret.too-short`, `secret.key-missing`.
   */
  set(actor: Actor, input: SecretInput, signal: AbortSignal): Promise<SecretChange>;
  /** Erases the value of a version: `auth.not-allowed`, `secret.unknown`. One that is revoked already stays so. */
  revoke(actor: Actor, of: SecretPlace, signal: AbortSignal): Promise<SecretChange>;
  /** Seals under a new master key, and forgets the old one; goes on with what an earlier attempt began. */
  rotateKey(actor: Actor, signal: AbortSignal): Promise<SecretKeyChange>;
  /** The value of a version. `secret.revoked`, `secret.key-wrong`, `secret.broken`. */
  open(row: SecretVersionRow, signal: AbortSignal): Promise<Uint8Array>;
}

export function createKeptSecrets(parts: SecretParts): KeptSecrets {
  const inTurn = createTurns();
  return {
    set: (actor, input, signal) => inTurn(() => set(parts, actor, input, signal)),
    revoke: (actor, of, signal) => inTurn(() => revoke(parts, actor, of, signal)),
    rotateKey: (actor, signal) => inTurn(() => rotateKey(parts, actor, signal)),
    open: (row, signal) => open(parts, row, signal),
  };
}

/** One after the other: a value must not be sealed under a key that is being forgotten meanwhile. */
function createTurns() {
  let last: Promise<unknown> = Promise.resolve();
  return async <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work, work);
    last = mine.catch(() => undefined);
    return await mine;
  };
}

async function set(parts: SecretParts, actor: Actor, input: SecretInput, signal: AbortSignal): Promise<SecretChange> {
  const { environment, secret, value } = input;
  await checkPlace(parts, actor, input, signal);
  checkValue(secret, value);
  refuseShort({ environment, secret }, value);
  parts.noteSecret(value);
  const { store, box } = parts;
  const first = newestOf(await store.secretVersions(environment, signal), secret);
  if (input.base !== null && input.base !== first) throw conflict(input, first);
  const stream = streams.secret(environment, secret);
  return await retryOnConflict(async () => {
    const expectedVersion = await store.version(stream, signal);
    const rows = await store.secretVersions(null, signal);
    const newest = newestOf(
      rows.filter((row) => row.environment === environment),
      secret,
    );
    if (newest !== first) throw conflict(input, newest);
    const place = { environment, secret, version: newest + 1 };
    await box.key(rows.length === 0, signal);
    const { sealed, wrapped } = await box.seal(place, value, signal);
    const id = await box.identify(identityPlace(place), value, signal);
    const digests = { sealed: sha256(sealed), wrapped: sha256(wrapped) };
    const event = { kind: 'secret-set', ...place, id, size: sizeClassOf(value.length), ...digests } as const;
    const { entries } = await store.append(
      { appends: [{ stream, expectedVersion, entries: by(actor.id, [event]) }], blobs: [sealed, wrapped] },
      signal,
    );
    return { ...place, receipt: receiptOf(onlyEntry(entries)) };
  });
}

async function checkPlace(
  { platform }: SecretParts,
  actor: Actor,
  { environment, secret }: SecretInput,
  signal: AbortSignal,
): Promise<void> {
  const { secrets = {} } = environmentOf((await platform.current(signal)).platform, environment);
  requireAccess(actor, 'set-secrets', { environment, services: [] });
  if (!secretNamePattern.test(secret))
    throw new Fault('request.invalid', `'${secret.slice(0, 70)}' is no name of a secret.`, { next: secretNameHint });
  const source = Object.hasOwn(secrets, secret) ? secrets[secret] : undefined;
  if (source === undefined) return;
  throw new Fault(
    'secret.elsewhere',
    `${secret} of ${environment} is kept elsewhere (${source.kind}), by the platform document.`,
    {
      facts: { environment, secret, source: source.kind },
    },
  );
}

function checkValue(secret: string, { length }: Uint8Array): void {
  if (length === 0) {
    throw new Fault('request.invalid', `The value of ${secret} is empty.`, {
      facts: { secret },
      next: 'Give the value on standard input, or with --file.',
    });
  }
  if (length <= secretBytesMost) return;
  throw new Fault(
    'request.too-large',
    `The value of ${secret} has ${length} bytes; a secret has at most ${secretBytesMost}.`,
    {
      facts: { secret, bytes: length, bytesMost: secretBytesMost },
      next: 'Engines take no more. Keep what is larger elsewhere, and the key to it as the secret.',
    },
  );
}

async function revoke(parts: SecretParts, actor: Actor, of: SecretPlace, signal: AbortSignal): Promise<SecretChange> {
  const { store } = parts;
  requireAccess(actor, 'set-secrets', { environment: of.environment, services: [] });
  const stream = streams.secret(of.environment, of.secret);
  return await retryOnConflict(async () => {
    const expectedVersion = await store.version(stream, signal);
    const erased = await store.version(ledgerStream, signal);
    const row = await findVersion(parts, of, signal);
    if (row.revokedAt !== null) return { ...of, receipt: await revocation(parts, of, signal) };
    const event = { kind: 'secret-revoked', ...of } as const;
    const erasure = erasureOf([row.sealed, row.wrapped]);
    const { entries } = await store.append(
      {
        appends: [
          { stream, expectedVersion, entries: by(actor.id, [event]) },
          { stream: ledgerStream, expectedVersion: erased, entries: by(actor.id, [erasure]) },
        ],
      },
      signal,
    );
    return { ...of, receipt: receiptOf(onlyEntry(entries)) };
  });
}

/** Where an earlier revocation stands. */
async function revocation({ store }: SecretParts, of: SecretPlace, signal: AbortSignal): Promise<Receipt> {
  const entries = await store.stream(streams.secret(of.environment, of.secret), signal);
  const entry = entries.find(({ kind, payload }) => kind === 'secret-revoked' && payload['version'] === of.version);
  return receiptOf(onlyEntry(entry === undefined ? [] : [entry]));
}

async function findVersion({ store }: SecretParts, of: SecretPlace, signal: AbortSignal): Promise<SecretVersionRow> {
  const rows = (await store.secretVersions(of.environment, signal)).filter((row) => row.secret === of.secret);
  const row = rows.find((one) => one.version === of.version);
  if (row !== undefined) return row;
  const what = rows.length === 0 ? 'no such secret' : `versions ${rows.map((one) => one.version).join(', ')}`;
  throw new Fault(
    'secret.unknown',
    `${of.environment} has no version ${of.version} of the secret ${of.secret}: there is ${what}.`,
    {
      facts: { ...of },
    },
  );
}

async function rotateKey(parts: SecretParts, actor: Actor, signal: AbortSignal): Promise<SecretKeyChange> {
  const { store, box, blobs } = parts;
  requireAccess(actor, 'rotate-secret-key', nowhere);
  const live = (await store.secretVersions(null, signal)).filter((row) => row.revokedAt === null);
  const previous = await box.key(live.length === 0, signal);
  // All can be opened, before anything is changed: the file may be another one.
  for (const row of live) await box.rewrap(placeOf(row), await blobs.bytes(row.wrapped, signal), signal);
  const key = await box.addKey(signal);
  await recordKey(parts, actor, { key, previous }, signal);
  for (const row of live) await rewrap(parts, actor, row, signal);
  await box.dropOldKeys(signal);
  return { key, versions: live.length };
}

async function recordKey(
  { store }: SecretParts,
  actor: Actor,
  keys: { readonly key: string; readonly previous: string },
  signal: AbortSignal,
): Promise<void> {
  const entries = await store.stream(streams.secretKey, signal);
  if (entries.at(-1)?.payload['key'] === keys.key) return;
  const event = { kind: 'secret-key-rotated', ...keys } as const;
  await store.append(
    { appends: [{ stream: streams.secretKey, expectedVersion: entries.length, entries: by(actor.id, [event]) }] },
    signal,
  );
}

async function rewrap(parts: SecretParts, actor: Actor, of: SecretVersionRow, signal: AbortSignal): Promise<void> {
  const { store, box, blobs } = parts;
  const stream = streams.secret(of.environment, of.secret);
  await retryOnConflict(async () => {
    const expectedVersion = await store.version(stream, signal);
    const erased = await store.version(ledgerStream, signal);
    const row = await findVersion(parts, placeOf(of), signal);
    if (row.revokedAt !== null) return;
    const wrapped = await box.rewrap(placeOf(row), await blobs.bytes(row.wrapped, signal), signal);
    const event = { kind: 'secret-rewrapped', ...placeOf(row), wrapped: sha256(wrapped) } as const;
    await store.append(
      {
        appends: [
          { stream, expectedVersion, entries: by(actor.id, [event]) },
          { stream: ledgerStream, expectedVersion: erased, entries: by(actor.id, [erasureOf([row.wrapped])]) },
        ],
        blobs: [wrapped],
      },
      signal,
    );
  });
}

async function open({ store, blobs, box, noteSecret }: SecretParts, row: SecretVersionRow, signal: AbortSignal) {
  if (row.revokedAt !== null) throw revoked(row);
  const [sealed, wrapped] = await Promise.all([
    blobs.bytes(row.sealed, signal),
    blobs.bytes(row.wrapped, signal),
  ]).catch(async (error: unknown) => {
    // It may have been revoked, or wrapped anew, since the row was read.
    const now = (await store.secretVersions(row.environment, signal)).find(({ id }) => id === row.id);
    if (now?.revokedAt !== null) throw revoked(row);
    if (!isFault(error) || now.wrapped === row.wrapped) throw error;
    return [await blobs.bytes(now.sealed, signal), await blobs.bytes(now.wrapped, signal)] as const;
  });
  const value = await box.open(placeOf(row), { sealed, wrapped }, signal);
  noteSecret(value);
  return value;
}

function revoked({ environment, secret, version }: SecretVersionRow): Fault {
  return new Fault(
    'secret.revoked',
    `${secret} version ${version} of ${environment} was revoked: its value is erased.`,
    {
      facts: { environment, secret, version },
    },
  );
}

function erasureOf(digests: readonly string[]) {
  const contents = digests.map((digest) => ({ digest, kind: 'secret' as const }));
  return { kind: 'content-erased', contents, reason: 'request' } as const;
}

function placeOf({ environment, secret, version }: SecretVersionRow): SecretPlace {
  return { environment, secret, version };
}

function identityPlace({ environment, secret, version }: SecretPlace): readonly string[] {
  return ['drayage', 'kept', environment, secret, String(version)];
}

/** The highest version, revoked or not; 0 when there is none. */
function newestOf(rows: readonly SecretVersionRow[], secret: string): number {
  return Math.max(0, ...rows.filter((row) => row.secret === secret).map((row) => row.version));
}

function conflict({ environment, secret, base }: SecretInput, newest: number): Fault {
  const known = base === null ? '' : ` (you knew ${base})`;
  return new Fault(
    'secret.conflict',
    `Somebody else set ${secret} of ${environment} meanwhile: its newest version is ${newest}${known}. Your value was not taken.`,
    { facts: { environment, secret, newest } },
  );
}

function onlyEntry<T>(entries: readonly T[]): T {
  const [entry] = entries;
  if (entry === undefined) throw new Error('the store answered without the entry');
  return entry;
}
