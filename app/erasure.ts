import { erasableContentsOf, erasedAtOnceMost, type ErasableContent } from '../core/content.ts';
import type { UpkeepEvent } from '../core/event.ts';
import { Fault } from '../core/fault.ts';
import { readEvent } from '../core/ledger.ts';
import { unreachable } from '../core/unreachable.ts';
import { nowhere } from '../core/access.ts';
import type { Store } from '../port/store.ts';
import { requireAccess } from './access.ts';
import type { Actor } from './api.ts';
import type { EraseInput, Erasure } from './ledger-api.ts';
import { by, receiptOf, retryOnConflict, streams } from './append.ts';
import { findDeployment } from './deployments.ts';
import { ledgerStream } from './signing-keys.ts';
import { findToken } from './tokens.ts';

export interface ErasureParts {
  readonly store: Store;
  /** Names are read anew: one of them was erased. */
  readonly forgetNames: () => void;
}

/**
 * Erases the log excerpts of a deployment, or the name of a token and of its sessions, for ever. What is erased already
 * is left alone. `auth.not-allowed`, `deployment.unknown`, `token.unknown`; `content.not-erasable` for a name that was
 * recorded before names could be erased.
 */
export async function erase(
  parts: ErasureParts,
  actor: Actor,
  input: EraseInput,
  signal: AbortSignal,
): Promise<Erasure> {
  requireAccess(actor, 'erase', nowhere);
  const contents = await wantedContents(parts.store, input, signal);
  const erasure = await eraseContents(parts.store, { by: actor.id, reason: 'request', contents }, signal);
  parts.forgetNames();
  return erasure;
}

/** What is to be erased, and in whose name. */
export interface ErasureOrder {
  readonly by: string;
  readonly reason: Extract<UpkeepEvent, { readonly kind: 'content-erased' }>['reason'];
  readonly contents: readonly ErasableContent[];
}

/** Records the erasure of what is there, in entries of at most 400 contents each. */
export async function eraseContents(store: Store, order: ErasureOrder, signal: AbortSignal): Promise<Erasure> {
  let erased: Erasure = { contents: 0, receipt: null };
  for (let begin = 0; begin < order.contents.length; begin += erasedAtOnceMost) {
    const piece = order.contents.slice(begin, begin + erasedAtOnceMost);
    const done = await erasePiece(store, { ...order, contents: piece }, signal);
    erased = { contents: erased.contents + done.contents, receipt: done.receipt ?? erased.receipt };
  }
  return erased;
}

async function erasePiece(store: Store, order: ErasureOrder, signal: AbortSignal): Promise<Erasure> {
  return await retryOnConflict(async () => {
    // The version first: whoever erases the same meanwhile makes this append a conflict.
    const expectedVersion = await store.version(ledgerStream, signal);
    const rows = await Promise.all(order.contents.map(({ digest }) => store.erasable(digest, signal)));
    const contents = order.contents
      .filter((_, index) => rows[index]?.erasedBy === null)
      .map(({ digest, kind }) => ({ digest, kind }));
    if (contents.length === 0) return { contents: 0, receipt: null };
    const event = { kind: 'content-erased', contents, reason: order.reason } as const;
    const { entries } = await store.append(
      { appends: [{ stream: ledgerStream, expectedVersion, entries: by(order.by, [event]) }] },
      signal,
    );
    const [entry] = entries;
    if (entry === undefined) throw new Error('the store answered without the entry');
    return { contents: contents.length, receipt: receiptOf(entry) };
  });
}

async function wantedContents(
  store: Store,
  { kind, of }: EraseInput,
  signal: AbortSignal,
): Promise<readonly ErasableContent[]> {
  switch (kind) {
    case 'logs': {
      await findDeployment(store, of, signal);
      const entries = await store.stream(streams.deployment(of), signal);
      const contents = entries.flatMap((entry) => erasableContentsOf(readEvent(entry)));
      return [...new Map(contents.map((content) => [content.digest, content])).values()];
    }
    case 'person': {
      const row = await findToken(store, of, signal);
      if (row.person === null) throw inline(row.id);
      return [{ digest: row.person, kind: 'person' }];
    }
    default:
      return unreachable(kind);
  }
}

function inline(token: string): Fault {
  return new Fault('content.not-erasable', `The name of ${token} stands in its ledger entry itself and stays there.`, {
    facts: { token },
    next: 'Revoke the token and make another one: names of tokens that are made now can be erased.',
  });
}
