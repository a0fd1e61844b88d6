import { randomBytes, timingSafeEqual } from 'node:crypto';
import { everywhere, nowhere } from '../core/access.ts';
import type { PersonName } from '../core/content.ts';
import type { LedgerEvent, TokenName } from '../core/event.ts';
import { Fault } from '../core/fault.ts';
import { sha256, type Digest } from '../core/hash.ts';
import type { Clock } from '../port/clock.ts';
import type { Store, TokenRow } from '../port/store.ts';
import { requireAccess } from './access.ts';
import type { Actor, TokenInput } from './api.ts';
import { by, retryOnConflict, self, streams } from './append.ts';
import { toBlob } from './blobs.ts';
import type { TokenUse } from './token-use.ts';

/** A token with its secret, which is shown this once and kept nowhere. */
export interface NewToken {
  readonly row: TokenRow;
  readonly secret: string;
}

/** What a new token is to be, whoever asks for it. */
export interface TokenDraft extends TokenInput {
  readonly use: TokenRow['use'];
  readonly parent: string | null;
}

export interface Tokens {
  /** The live token of a secret; `auth.wrong` says whether it is unknown, revoked or expired. */
  authenticate(secret: string, use: TokenRow['use'], signal: AbortSignal): Promise<TokenRow>;
  /** `auth.not-allowed`; `request.invalid` for an end that has passed, and for an admin with a scope. */
  create(actor: Actor, input: TokenInput, signal: AbortSignal): Promise<NewToken>;
  /** Records a token without asking who may: for what Drayage makes by itself. */
  record(by: string, draft: TokenDraft, signal: AbortSignal): Promise<NewToken>;
  /** `auth.not-allowed`, `token.unknown`. One that is revoked already stays as it is. */
  revoke(actor: Actor, id: string, signal: AbortSignal): Promise<TokenRow>;
  /** The same without asking who may. */
  end(by: string, id: string, signal: AbortSignal): Promise<TokenRow>;
  /** Why a token is none any more; null while it is live. A session is live only as long as what it was opened with. */
  lapse(row: TokenRow, signal: AbortSignal): Promise<Lapse | null>;
  /** Makes the first admin token of an empty ledger and returns its secret; null when there are tokens. */
  first(signal: AbortSignal): Promise<string | null>;
}

export type Lapse = 'revoked' | 'expired';

export interface TokenParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly use: TokenUse;
}

/** The last moment that a date can name, in ms since 1970 (ECMA-262, "Time Values and Time Range"). */
const lastMoment = 8_640_000_000_000_000;

/** What a secret begins with, so that people and scanners of repositories know it for one. */
const prefixes: Readonly<Record<TokenRow['use'], string>> = { api: 'dray_', session: 'drays_' };

/** Bearer tokens and browser sessions: 256 random bits, of which the ledger holds only the SHA-256. */
export function createTokens(parts: TokenParts): Tokens {
  const { store, clock } = parts;
  const lapse: Tokens['lapse'] = (row, signal) => lapseOf(parts, row, signal);
  const record: Tokens['record'] = (actor, draft, signal) => recordToken(store, actor, draft, signal);
  const end: Tokens['end'] = (actor, id, signal) => endToken(store, actor, id, signal);
  return {
    lapse,
    record,
    end,
    async authenticate(secret, use, signal) {
      const hash = sha256(secret);
      const row = await store.tokenByHash(hash, signal);
      if (row === null || row.use !== use || !isSame(row.secretHash, hash)) throw wrong('is unknown', use);
      const lapsed = await lapse(row, signal);
      if (lapsed !== null) throw wrong(lapsed === 'revoked' ? 'was revoked' : 'has expired', use);
      parts.use.note(row.id);
      return row;
    },
    async create(actor, input, signal) {
      requireAccess(actor, 'manage-tokens', nowhere);
      checkInput(input, clock.now());
      return record(actor.id, { ...input, use: 'api', parent: null }, signal);
    },
    async revoke(actor, id, signal) {
      requireAccess(actor, 'manage-tokens', nowhere);
      return end(actor.id, id, signal);
    },
    async first(signal) {
      const { items } = await store.tokens({}, { limit: 1 }, signal);
      if (items.length > 0) return null;
      const draft = { name: 'first admin', role: 'admin', scope: everywhere, expiresAt: null } as const;
      return (await record(self, { ...draft, use: 'api', parent: null }, signal)).secret;
    },
  };
}

async function recordToken(store: Store, actor: string, draft: TokenDraft, signal: AbortSignal): Promise<NewToken> {
  const { name, role, scope, expiresAt, use, parent } = draft;
  const id = `t-${randomBytes(8).toString('hex')}`;
  const secret = `${prefixes[use]}${randomBytes(32).toString('base64url')}`;
  const fields = { role, scope, expiresAt, use, parent, secretHash: sha256(secret) };
  const called = await nameOf(store, draft, signal);
  const event: LedgerEvent = { kind: 'token-created', token: id, name: called.name, ...fields };
  const { entries } = await store.append(
    {
      appends: [{ stream: streams.token(id), expectedVersion: 0, entries: by(actor, [event]) }],
      blobs: called.blobs,
    },
    signal,
  );
  const [entry] = entries;
  if (entry === undefined) throw new Error('the store answered without the entry');
  const { time: createdAt, sequence } = entry;
  const person = called.name.kind === 'person' ? called.name.digest : null;
  return { secret, row: { id, name, person, ...fields, createdAt, revokedAt: null, lastUsedAt: null, sequence } };
}

/** A session is called what its token is, by the same content: whoever erases one name erases the other. */
async function nameOf(
  store: Store,
  { name, use, parent }: TokenDraft,
  signal: AbortSignal,
): Promise<{ readonly name: TokenName; readonly blobs: readonly Uint8Array[] }> {
  if (use === 'session') {
    const opener = parent === null ? null : await store.token(parent, signal);
    const person = opener?.person ?? null;
    return { name: person === null ? { kind: 'inline', text: name } : { kind: 'person', digest: person }, blobs: [] };
  }
  const content: PersonName = { salt: randomBytes(16).toString('hex'), name };
  const blob = toBlob(content);
  return { name: { kind: 'person', digest: sha256(blob) }, blobs: [blob] };
}

async function endToken(store: Store, actor: string, id: string, signal: AbortSignal): Promise<TokenRow> {
  return retryOnConflict(async () => {
    const row = await findToken(store, id, signal);
    if (row.revokedAt !== null) return row;
    const event = { kind: 'token-revoked', token: id } as const;
    const { entries } = await store.append(
      { appends: [{ stream: streams.token(id), expectedVersion: 1, entries: by(actor, [event]) }] },
      signal,
    );
    const [entry] = entries;
    if (entry === undefined) throw new Error('the store answered without the entry');
    return { ...row, revokedAt: entry.time };
  });
}

/** A token's row; `token.unknown` when there is none. */
export async function findToken(store: Store, id: string, signal: AbortSignal): Promise<TokenRow> {
  const row = await store.token(id, signal);
  if (row !== null) return row;
  throw new Fault('token.unknown', `There is no token ${id}.`, {
    facts: { token: id },
    next: '"dray token list" shows them.',
  });
}

async function lapseOf({ store, clock }: TokenParts, row: TokenRow, signal: AbortSignal): Promise<Lapse | null> {
  const own = ownLapse(row, clock.now());
  if (own !== null || row.parent === null) return own;
  const parent = await store.token(row.parent, signal);
  return parent === null ? 'revoked' : ownLapse(parent, clock.now());
}

function ownLapse({ revokedAt, expiresAt }: TokenRow, now: number): Lapse | null {
  if (revokedAt !== null) return 'revoked';
  return expiresAt !== null && expiresAt <= now ? 'expired' : null;
}

/** The row was found by this hash; compared once more, in a time that says nothing, should a store be careless. */
function isSame(stored: Digest, given: Digest): boolean {
  const [a, b] = [Buffer.from(stored, 'hex'), Buffer.from(given, 'hex')];
  return a.length === b.length && timingSafeEqual(a, b);
}

function wrong(what: string, use: TokenRow['use']): Fault {
  if (use === 'session') return new Fault('auth.wrong', `The session ${what}.`, { next: 'Sign in again.' });
  return new Fault('auth.wrong', `The token ${what}.`, {
    next: 'Set DRAYAGE_TOKEN to a live token; an admin makes one with "dray token create NAME".',
  });
}

function checkInput({ role, scope, expiresAt }: TokenInput, now: number): void {
  if (role === 'admin' && (scope.environments !== null || scope.services !== null)) {
    throw new Fault('request.invalid', 'An admin has no scope: who makes tokens can make one for everything.', {
      facts: { role },
      next: 'Leave the scope out, or choose the role operator or developer.',
    });
  }
  if (expiresAt === null || (expiresAt > now && expiresAt <= lastMoment)) return;
  throw new Fault('request.invalid', 'The token would end before it begins, or later than any date.', {
    facts: { expiresAt },
    next: 'Give a moment to come, by the clock of the server.',
  });
}
