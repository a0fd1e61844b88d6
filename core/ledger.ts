import { canonical } from './canonical.ts';
import type { LedgerEvent } from './event.ts';
import { sha256, type Digest } from './hash.ts';
import type { JsonObject } from './json.ts';

/** One line of the ledger. The entry's bytes are its canonical JSON (RFC 8785). */
export interface LedgerEntry {
  /** From 1, without a gap. */
  readonly sequence: number;
  /** Milliseconds since 1970 by the server's clock; never decides an order. */
  readonly time: number;
  readonly stream: string;
  readonly kind: LedgerEvent['kind'];
  readonly v: number;
  /** Pseudonymous id of who caused it: a token's id, or `drayage`. */
  readonly actor: string;
  readonly payload: JsonObject;
  /** Leaf hash of the entry before; of the first: `firstPrevious`. */
  readonly prev: Digest;
}

/** What an appender hands over; the store gives sequence, time and prev. */
export interface NewEntry {
  readonly actor: string;
  readonly event: LedgerEvent;
}

/** The `prev` of entry 1: the hash of an empty Merkle tree, SHA-256 of nothing (RFC 6962, section 2.1). */
export const firstPrevious: Digest = sha256('');

/** The longest entry, so that it fits a C2SP tlog-tiles entry bundle (16-bit length). */
export const entryBytesMost = 65_535;

/** RFC 6962, section 2.1: the hash of a leaf is SHA-256(0x00 || entry). */
export function leafHash(entry: LedgerEntry): Digest {
  return leafHashOf(canonical(entry));
}

/** The same for an entry whose canonical text is at hand. */
export function leafHashOf(entryText: string): Digest {
  return sha256(`\u0000${entryText}`);
}

/** Splits an event into what the entry's own members hold and its payload. */
export function toPayload(event: LedgerEvent): JsonObject {
  const { kind: _, ...payload } = event;
  return payload as unknown as JsonObject;
}

/** The event of a stored entry, brought to the present version. The only place that trusts stored payloads. */
export function readEvent(entry: Pick<LedgerEntry, 'kind' | 'v' | 'payload'>): LedgerEvent {
  return { kind: entry.kind, ...upcast(entry) } as unknown as LedgerEvent;
}

/** Brings a payload to the version that follows. */
type Upcaster = (payload: JsonObject) => JsonObject;

/** For each kind whose payload ever changed: from version 1 to 2, from 2 to 3, and so on up to the present one. */
export const upcasters: Partial<Readonly<Record<LedgerEvent['kind'], readonly Upcaster[]>>> = {
  'token-created': [
    (payload) => ({
      ...payload,
      scope: { environments: null, services: null },
      expiresAt: null,
      use: 'api',
      parent: null,
    }),
    (payload) => ({ ...payload, name: { kind: 'inline', text: payload['name'] ?? '' } }),
  ],
};

/** What an older Drayage wrote, as it would be written now. */
function upcast({ kind, v, payload }: Pick<LedgerEntry, 'kind' | 'v' | 'payload'>): JsonObject {
  const steps = upcasters[kind]?.slice(v - 1) ?? [];
  return steps.reduce((before, step) => step(before), payload);
}

/** The first place where a chain is broken, or null. */
export interface ChainBreak {
  readonly sequence: number;
  readonly problem: string;
}

/** Where a check of the chain stands: entries may come in pieces. */
export interface ChainState {
  readonly sequence: number;
  readonly prev: Digest;
}

export const chainStart: ChainState = { sequence: 0, prev: firstPrevious };

/** Checks that an entry follows from what came before; the next state, or what is wrong. */
export function follow(state: ChainState, entry: LedgerEntry): ChainState | ChainBreak {
  const expected = state.sequence + 1;
  if (entry.sequence !== expected) {
    return { sequence: expected, problem: `entry ${expected} is missing; entry ${entry.sequence} stands in its place` };
  }
  if (entry.prev !== state.prev) {
    return {
      sequence: entry.sequence,
      problem: `entry ${entry.sequence} does not continue the one before: its prev is not that entry's hash`,
    };
  }
  return { sequence: entry.sequence, prev: leafHash(entry) };
}
