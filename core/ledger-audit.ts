import type { Digest } from './hash.ts';
import type { Json, JsonObject } from './json.ts';
import { firstPrevious } from './ledger.ts';
import { judgeEvidence, type Evidence, type Finding, type Place, type Proof } from './ledger-evidence.ts';
import { createKeyRing, type KnownKey } from './ledger-keys.ts';
import { createDigestTree, type OnSubtree } from './tree/digest-tree.ts';
import type { VerifierKey } from './tree/note.ts';

/** An entry as a source shows it; nothing of it is believed but that `leaf` was computed from all of its content. */
export interface AuditEntry {
  readonly sequence: number;
  readonly prev: Digest;
  readonly kind: string;
  /** As an object, or as JSON that nobody parsed yet. */
  readonly payload: JsonObject | string;
  /** The leaf hash of the content that was read. */
  readonly leaf: Digest;
  /** The leaf hash that lies beside the content; null where the source shows none. */
  readonly storedHash: Digest | null;
}

/** What an audit came to. `unknown`: nothing was found, but something could not be told. */
export interface Audit {
  readonly kind: 'whole' | 'broken' | 'unknown';
  /** Entries that follow each other from the first. */
  readonly entries: number;
  /** Leaf hash of the last of them, and the root of the tree over them. */
  readonly head: Digest;
  readonly root: Digest;
  readonly findings: readonly Finding[];
  readonly proofs: readonly Proof[];
  /** Every key that was trusted, and why. */
  readonly keys: readonly KnownKey[];
}

/** How far a ledger reaches by what is known beside its entries; the hash of that entry where it is known. */
export interface Reach {
  readonly sequence: number;
  readonly hash: Digest | null;
  /** Who says so, for people: `the server's head`. */
  readonly by: string;
}

export interface AuditOptions {
  /** Verifier keys that the user knows to be right; empty: the first one that the ledger names is trusted, and told. */
  readonly keys: readonly VerifierKey[];
  readonly evidence: readonly Evidence[];
  readonly onSubtree?: OnSubtree;
}

/** The one machine that verifies ledgers, wherever their entries come from. */
export interface LedgerAudit {
  /** Takes the next entry; false when the chain breaks here or broke before: what follows is not looked at. */
  add(entry: AuditEntry): boolean;
  /** How many entries follow each other so far. */
  entries(): number;
  /** Something else that was found to be wrong. */
  report(finding: Finding): void;
  /** Evidence that came late: before the entries that it is about, or right after the last of them. */
  addEvidence(evidence: Evidence): void;
  /** To be called once, after the last entry. */
  end(reach: Reach | null): Audit;
}

/** Begins an audit: entries come in order, from the first, each once. Remembers no entry: any number may come. */
export function createLedgerAudit({ keys, evidence: given, onSubtree }: AuditOptions): LedgerAudit {
  const tree = createDigestTree(onSubtree);
  const ring = createKeyRing(keys);
  const evidence = [...given];
  const places = createPlaces(given);
  const recoveries: number[] = [];
  const findings: Finding[] = [];
  let head = firstPrevious;
  let sequence = 0;
  let isBroken = false;

  function take(entry: AuditEntry): void {
    sequence = entry.sequence;
    head = entry.leaf;
    tree.add(entry.leaf);
    if (places.isWanted(sequence)) places.seen.set(sequence, { leaf: entry.leaf, root: tree.root() });
    if (entry.kind === 'signing-key-changed') ring.learn(sequence, readPayload(entry.payload));
    if (entry.kind === 'ledger-recovered') recoveries.push(sequence);
  }
  return {
    add(entry) {
      if (isBroken) return false;
      const problem = problemOf(entry, sequence, head);
      if (problem === null) {
        take(entry);
        return true;
      }
      isBroken = true;
      findings.unshift({ kind: 'broken', ...problem });
      return false;
    },
    entries: () => sequence,
    report: (finding) => void findings.push(finding),
    addEvidence(late) {
      evidence.push(late);
      places.want(late);
      if (places.isWanted(sequence)) places.seen.set(sequence, { leaf: head, root: tree.root() });
    },
    end(reach) {
      const missing = reach === null || isBroken ? null : missingAtEnd(reach, sequence, head);
      if (missing !== null) findings.push(missing);
      const ledger = { entries: sequence, isBroken, places: places.seen, recoveries };
      const judgeBy = (trusted: readonly VerifierKey[]) =>
        evidence.map((each) => judgeEvidence(each, { ...ledger, keys: trusted }));
      const provenSize = Math.max(0, ...judgeBy(ring.trusted()).map(({ proof }) => proof?.size ?? 0));
      const judged = judgeBy(ring.trusted(provenSize));
      const all = [...findings, ...judged.flatMap((each) => each.findings)];
      const proofs = judged.flatMap(({ proof }) => (proof === null ? [] : [proof]));
      const isWrong = all.some(({ kind }) => kind !== 'unproven');
      const kind = isWrong ? 'broken' : all.length > 0 ? 'unknown' : 'whole';
      return { kind, entries: sequence, head, root: tree.root(), findings: all, proofs, keys: ring.known(provenSize) };
    },
  };
}

/** Where and why an entry cannot follow what came before; null when it does. */
function problemOf(
  entry: AuditEntry,
  before: number,
  head: Digest,
): { readonly sequence: number; readonly problem: string } | null {
  const expected = before + 1;
  const { sequence } = entry;
  if (sequence !== expected) {
    const problem = `entry ${expected} is missing; entry ${sequence} stands in its place`;
    return { sequence: expected, problem };
  }
  if (entry.prev !== head) {
    const problem =
      before === 0
        ? 'entry 1 is no first entry: it continues another one'
        : `entry ${sequence} does not continue entry ${before}: one of the two was altered, swapped or put in`;
    return { sequence, problem };
  }
  if (entry.storedHash !== null && entry.storedHash !== entry.leaf) {
    return { sequence, problem: `entry ${sequence} was altered: its stored hash is not that of its content` };
  }
  return null;
}

function missingAtEnd(reach: Reach, entries: number, head: Digest): Finding | null {
  if (entries < reach.sequence) {
    const sequence = entries + 1;
    return { kind: 'missing', sequence, problem: `${span(sequence, reach.sequence)} missing at the end` };
  }
  if (entries > reach.sequence || reach.hash === null || reach.hash === head) return null;
  const problem = `entry ${entries} was altered: its hash is ${head}, but ${reach.by} says ${reach.hash}`;
  return { kind: 'broken', sequence: entries, problem };
}

function span(from: number, to: number): string {
  return from === to ? `entry ${from} is` : `entries ${from} to ${to} are`;
}

/** What evidence asks about: remembered when the audit comes by. */
function createPlaces(evidence: readonly Evidence[]) {
  const wanted = new Set(evidence.flatMap((each) => each.places));
  const seen = new Map<number, Place>();
  return {
    seen,
    want: (late: Evidence) => late.places.forEach((sequence) => wanted.add(sequence)),
    isWanted: (sequence: number) => wanted.has(sequence),
  };
}

function readPayload(payload: JsonObject | string): JsonObject {
  if (typeof payload !== 'string') return payload;
  try {
    const value = JSON.parse(payload) as Json;
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as JsonObject) : {};
  } catch {
    return {};
  }
}
