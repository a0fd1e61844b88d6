import { randomBytes, timingSafeEqual } from 'node:crypto';
import { Fault } from '../core/fault.ts';
import { sha256 } from '../core/hash.ts';
import type { Store, TokenRow } from '../port/store.ts';
import type { Actor } from './api.ts';
import { by, self, streams } from './append.ts';

export interface Tokens {
  authenticate(secret: string, signal: AbortSignal): Promise<Actor>;
  create(
    by: string,
    input: { readonly name: string; readonly role: 'admin' | 'viewer' },
    signal: AbortSignal,
  ): Promise<{ readonly row: TokenRow; readonly secret: string }>;
  list(signal: AbortSignal): Promise<readonly TokenRow[]>;
  revoke(by: string, id: string, signal: AbortSignal): Promise<TokenRow>;
  /** Makes the first admin token of an empty ledger and returns its secret; null when there are tokens. */
  first(signal: AbortSignal): Promise<string | null>;
}

/** Bearer tokens: 256 random bits, of which the ledger holds only the SHA-256. */
export function createTokens(store: Store): Tokens {
  async function create(
    actor: string,
    { name, role }: { readonly name: string; readonly role: 'admin' | 'viewer' },
    signal: AbortSignal,
  ) {
    const id = `t-${randomBytes(8).toString('hex')}`;
    const secret = `dray_${randomBytes(32).toString('base64url')}`;
    const event = { kind: 'token-created', token: id, name, role, secretHash: sha256(secret) } as const;
    const { entries } = await store.append(
      { appends: [{ stream: streams.token(id), expectedVersion: 0, entries: by(actor, [event]) }] },
      signal,
    );
    const row: TokenRow = {
      id,
      name,
      role,
      secretHash: event.secretHash,
      createdAt: entries[0]?.time ?? 0,
      revokedAt: null,
    };
    return { row, secret };
  }
  async function find(id: string, signal: AbortSignal): Promise<TokenRow> {
    const row = (await store.tokens(signal)).find((token) => token.id === id);
    if (row !== undefined) return row;
    throw new Fault('token.unknown', `There is no token ${id}.`, {
      facts: { token: id },
      next: '"dray token list" shows them.',
    });
  }
  return {
    create,
    list: (signal) => store.tokens(signal),
    async authenticate(secret, signal) {
      const hash = Buffer.from(sha256(secret), 'hex');
      const live = (await store.tokens(signal)).filter((token) => token.revokedAt === null);
      const found = live.filter((token) => timingSafeEqual(Buffer.from(token.secretHash, 'hex'), hash))[0];
      if (found === undefined) {
        throw new Fault('auth.wrong', 'The token is unknown or revoked.', {
          next: 'Set DRAYAGE_TOKEN to a live token; an admin makes one with "dray token create NAME".',
        });
      }
      return { id: found.id, role: found.role };
    },
    async revoke(actor, id, signal) {
      const row = await find(id, signal);
      if (row.revokedAt !== null) return row;
      const event = { kind: 'token-revoked', token: id } as const;
      const { entries } = await store.append(
        { appends: [{ stream: streams.token(id), expectedVersion: 1, entries: by(actor, [event]) }] },
        signal,
      );
      return { ...row, revokedAt: entries[0]?.time ?? 0 };
    },
    async first(signal) {
      if ((await store.tokens(signal)).length > 0) return null;
      return (await create(self, { name: 'first admin', role: 'admin' }, signal)).secret;
    },
  };
}
