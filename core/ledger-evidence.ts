import type { Digest } from './hash.ts';
import { openCheckpoint, parseCheckpoint, type Checkpoint } from './tree/checkpoint.ts';
import { parseNote, type VerifierKey } from './tree/note.ts';
import { isIncluded } from './tree/proof.ts';
import { parseReceipt, type ReceiptProof } from './tree/receipt.ts';

/** What somebody kept of a ledger, read but not believed. */
export interface Evidence {
  readonly kind: 'checkpoint' | 'receipt';
  /** Where it comes from, for people: a file's name. */
  readonly name: string;
  /** The signed checkpoint in it, verbatim. */
  readonly note: string;
  /** Of a receipt; null of a checkpoint alone. */
  readonly receipt: ReceiptProof | null;
  /** Sequences whose leaf and root will be asked for. */
  readonly places: readonly number[];
}

/** What an audit found, in words for an operator. */
export interface Finding {
  /**
   * `broken`: the chain; `missing`: entries at the end; `rewritten`: a whole chain that is not the one that was signed;
   * `lost`: entries that a recovery left behind; `subtree`: a stored hash of the tree; `unproven`: nothing is known to be
   * wrong, but it cannot be told either.
   */
  readonly kind: 'broken' | 'missing' | 'rewritten' | 'lost' | 'subtree' | 'unproven';
  /** The first entry that it is about; null when it is about none. */
  readonly sequence: number | null;
  readonly problem: string;
}

/** A signed checkpoint or a receipt that agrees with the entries. */
export interface Proof {
  readonly name: string;
  readonly kind: Evidence['kind'];
  /** It covers entries 1 to `size`. */
  readonly size: number;
  /** Who signed it. */
  readonly by: string;
}

/** What an audit saw at an entry: its leaf, and the root of the tree that ends with it. */
export interface Place {
  readonly leaf: Digest;
  readonly root: Digest;
}

/** What an audit knows at its end. */
export interface AuditedLedger {
  readonly entries: number;
  /** Whether more entries were there, which do not follow. */
  readonly isBroken: boolean;
  readonly places: ReadonlyMap<number, Place>;
  /** Sequences of the recoveries, in order. */
  readonly recoveries: readonly number[];
  readonly keys: readonly VerifierKey[];
}

/** What one piece of evidence came to; neither, when the chain breaks before the place that it is about. */
export interface Judgement {
  readonly findings: readonly Finding[];
  readonly proof: Proof | null;
}

/** Reads a receipt as it is kept in a file; null when it is none. */
export function readReceipt(name: string, text: string): Evidence | null {
  const receipt = parseReceipt(text);
  const checkpoint = receipt === null ? null : readNote(receipt.note);
  if (receipt === null || checkpoint === null) return null;
  return { kind: 'receipt', name, note: receipt.note, receipt, places: [receipt.index + 1, checkpoint.size] };
}

/** Reads a signed checkpoint; null when it is none. */
export function readCheckpoint(name: string, note: string): Evidence | null {
  const checkpoint = readNote(note);
  return checkpoint === null ? null : { kind: 'checkpoint', name, note, receipt: null, places: [checkpoint.size] };
}

function readNote(note: string): Checkpoint | null {
  const parsed = parseNote(note);
  return parsed === null ? null : parseCheckpoint(parsed);
}

/** Compares what somebody kept with the entries that are there. */
export function judgeEvidence(evidence: Evidence, ledger: AuditedLedger): Judgement {
  const { name, kind, note, receipt } = evidence;
  const opened = openCheckpoint(note, ledger.keys);
  if (opened.kind === 'wrong') return unproven(whyUntrusted(name, opened.problem, ledger));
  const { checkpoint, by } = opened;
  if (receipt !== null && !isIncluded({ ...receipt, ...checkpoint }))
    return unproven(`${name} contradicts itself: its proof is not that of its checkpoint`);
  const findings = [
    ...(receipt === null ? [] : judgeEntry(name, receipt, checkpoint, ledger)),
    ...judgeTree(name, checkpoint, ledger),
  ];
  const isReached = checkpoint.size <= ledger.entries;
  const proof = findings.length === 0 && isReached ? { name, kind, size: checkpoint.size, by: by.name } : null;
  return { findings, proof };
}

function unproven(problem: string): Judgement {
  return { findings: [{ kind: 'unproven', sequence: null, problem }], proof: null };
}

function whyUntrusted(name: string, problem: string, { keys }: AuditedLedger): string {
  if (keys.length === 0) return `${name} cannot be checked: no key is known that could have signed it`;
  return `${name} cannot be relied on: ${problem}`;
}

/** The entry that a receipt is about, if it is there and no recovery left it behind. */
function judgeEntry(
  name: string,
  { index, leaf }: ReceiptProof,
  checkpoint: Checkpoint,
  ledger: AuditedLedger,
): readonly Finding[] {
  const sequence = index + 1;
  const place = ledger.places.get(sequence);
  const recovery = recoveryAfter(checkpoint, ledger);
  if (place === undefined || (recovery !== null && sequence >= recovery) || place.leaf === toHex(leaf)) return [];
  return [{ kind: 'rewritten', sequence, problem: `entry ${sequence} is not the one that ${name} is the receipt of` }];
}

function judgeTree(name: string, checkpoint: Checkpoint, ledger: AuditedLedger): readonly Finding[] {
  const { size, root } = checkpoint;
  const { entries } = ledger;
  const recovery = recoveryAfter(checkpoint, ledger);
  if (recovery !== null && size >= recovery) {
    const problem = `${range(recovery, size)} lost: ${name} proves that they were there, and entry ${recovery} records that the ledger was recovered without them`;
    return [{ kind: 'lost', sequence: recovery, problem }];
  }
  if (size > entries) {
    if (ledger.isBroken) return [];
    const sequence = entries + 1;
    const problem = `${range(sequence, size)} missing: ${name} proves that they were there`;
    return [{ kind: 'missing', sequence, problem }];
  }
  if (size === 0) return [];
  const place = ledger.places.get(size);
  if (place === undefined) {
    const problem = `${name} covers entries 1 to ${size} alone: what stands after them is not proven by it`;
    return [{ kind: 'unproven', sequence: size + 1, problem }];
  }
  if (place.root === toHex(root)) return [];
  const what = size === 1 ? 'entry 1 is not the one that was' : `entries 1 to ${size} are not those that were`;
  return [{ kind: 'rewritten', sequence: 1, problem: `${what} signed: ${name} is of another history` }];
}

/** The entry of the first recovery after a checkpoint was signed: its origin `drayage/ID/COUNT` counts those before. */
function recoveryAfter({ origin }: Checkpoint, { recoveries }: AuditedLedger): number | null {
  const [, count = '0'] = /^[^/]*\/[^/]*\/(\d{1,9})$/.exec(origin) ?? [];
  return recoveries[Number(count)] ?? null;
}

function range(from: number, to: number): string {
  return from === to ? `entry ${from} is` : `entries ${from} to ${to} are`;
}

function toHex(bytes: Uint8Array): Digest {
  return Buffer.from(bytes).toString('hex');
}
