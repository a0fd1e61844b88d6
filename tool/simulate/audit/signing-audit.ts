import type { LedgerEvent } from '../../../core/event.ts';
import { createLedgerAudit } from '../../../core/ledger-audit.ts';
import { readCheckpoint, readReceipt, type Evidence } from '../../../core/ledger-evidence.ts';
import { leafHash, type LedgerEntry } from '../../../core/ledger.ts';
import { openCheckpoint, parseCheckpoint } from '../../../core/tree/checkpoint.ts';
import {
  consistencySpans,
  createTreeBuilder,
  joinSubtrees,
  subtreesOf,
  hashNode,
  type Span,
  type TreeHash,
} from '../../../core/tree/merkle.ts';
import { parseNote, parseVerifierKey, type VerifierKey } from '../../../core/tree/note.ts';
import { isConsistent, isIncluded, isSame, type TreeHead } from '../../../core/tree/proof.ts';
import { parseReceipt } from '../../../core/tree/receipt.ts';
import type { Findings } from './findings.ts';

/** Watches all that is signed of a ledger, and keeps what was given out of it. */
export interface SigningAudit {
  /** An entry became durable. */
  grown(entry: LedgerEntry, event: LedgerEvent): void;
  /** A checkpoint took the place of the one before in a folder. */
  published(folder: string, note: string): void;
  /** Somebody was given a receipt for the entry of this sequence. */
  given(sequence: number, receipt: string): void;
  receipts(): readonly string[];
  /** Looks at every receipt again, with all that was signed after it. */
  finish(): void;
}

interface Head extends TreeHead {
  readonly note: string;
}

interface Given {
  readonly text: string;
  /** Its checkpoint, by its place among all. */
  readonly at: number;
}

export function createSigningAudit(findings: Findings): SigningAudit {
  const leaves: TreeHash[] = [];
  const entries: LedgerEntry[] = [];
  const builder = createTreeBuilder();
  const roots: TreeHash[] = [builder.root()];
  const keys: VerifierKey[] = [];
  /** Those that no key before them named: whoever verifies has to be given them. */
  const unnamed: VerifierKey[] = [];
  const heads: Head[] = [];
  const sizes = new Map<string, number>();
  const receipts: Given[] = [];
  const takenBack = (message: string) => findings.violated('a signed head is never taken back', message);
  const unproven = (message: string) => findings.violated('a receipt proves its entry for ever', message);

  function give(sequence: number, text: string): void {
    const receipt = parseReceipt(text);
    if (receipt === null) return unproven(`what was given for entry ${sequence} is no receipt`);
    const at = heads.findIndex(({ note }) => note === receipt.note);
    const head = heads[at];
    const leaf = leaves[sequence - 1];
    if (head === undefined) return unproven(`the checkpoint over entry ${sequence} was given out and is kept nowhere`);
    const isOfEntry = receipt.index === sequence - 1 && leaf !== undefined && isSame(leaf, receipt.leaf);
    if (!isOfEntry || !isIncluded({ ...receipt, ...head })) return unproven(`entry ${sequence} of ${leaves.length}`);
    receipts.push({ text, at });
  }
  return {
    grown(entry, event) {
      const leaf = Buffer.from(leafHash(entry), 'hex');
      entries.push(entry);
      leaves.push(leaf);
      builder.add(leaf);
      roots.push(builder.root());
      if (event.kind !== 'signing-key-changed') return;
      const key = parseVerifierKey(event.key);
      if (key === null) return takenBack(`${event.key} is no key`);
      keys.push(key);
      if (event.handover === null) unnamed.push(key);
    },
    published(folder, note) {
      const opened = openCheckpoint(note, keys);
      if (opened.kind === 'wrong') return takenBack(`what is signed in ${folder} is wrong: ${opened.problem}`);
      const { size, root } = opened.checkpoint;
      const before = sizes.get(folder) ?? 0;
      sizes.set(folder, size);
      heads.push({ size, root, note });
      if (size < before) return takenBack(`${folder} signs ${size} entries after ${before}`);
      const real = roots[size];
      if (real === undefined) return takenBack(`${size} entries are signed, of which ${leaves.length} are durable`);
      if (!isSame(real, root)) takenBack(`what is signed of ${size} entries is not what they are`);
    },
    given: give,
    receipts: () => receipts.map(({ text }) => text),
    finish() {
      const proofs = createProofs(leaves);
      for (const { text, at } of receipts) {
        const earlier = heads[at];
        const later = heads.slice(at + 1);
        const odd = later.find((head) => earlier !== undefined && !proofs.areConsistent(earlier, head));
        if (odd !== undefined)
          unproven(`the checkpoint over ${odd.size} entries does not begin with that of ${text.split('\n')[2]}`);
      }
      const evidence = receipts.map(({ text }) => readReceipt('a receipt', text));
      const newest = heads.at(-1);
      const all = newest === undefined ? evidence : [...evidence, readCheckpoint('the newest checkpoint', newest.note)];
      const given = all.filter((one) => one !== null);
      const problem = auditAgainst(entries, given, unnamed);
      if (problem !== null) unproven(problem);
    },
  };
}

/** What `dray ledger verify` finds of entries with what was kept of them, and the keys that it is given; null: whole. */
export function auditAgainst(
  entries: readonly LedgerEntry[],
  evidence: readonly Evidence[],
  keys: readonly VerifierKey[] = [],
): string | null {
  const audit = createLedgerAudit({ keys, evidence });
  for (const entry of entries) audit.add({ ...entry, leaf: leafHash(entry), storedHash: null });
  const { kind, findings } = audit.end(null);
  return kind === 'whole' ? null : `${kind}: ${findings.map(({ problem }) => problem).join('; ')}`;
}

/** The checkpoint that a note holds, whoever signed it; null when there is none. */
export function headOf(note: string | null): (TreeHead & { readonly origin: string }) | null {
  const parsed = note === null ? null : parseNote(note);
  return parsed === null ? null : parseCheckpoint(parsed);
}

/** Proofs made of the leaves themselves. */
function createProofs(leaves: readonly TreeHash[]) {
  const known = new Map<string, TreeHash>();
  function node(height: number, index: number): TreeHash {
    if (height === 0) return leaves[index] ?? new Uint8Array();
    const key = `${height} ${index}`;
    const made = known.get(key) ?? hashNode(node(height - 1, 2 * index), node(height - 1, 2 * index + 1));
    known.set(key, made);
    return made;
  }
  const rootOf = (span: Span) => joinSubtrees(subtreesOf(span).map(({ height, index }) => node(height, index)));
  return {
    areConsistent(earlier: TreeHead, later: TreeHead): boolean {
      if (earlier.size > later.size || later.size > leaves.length) return false;
      return isConsistent(earlier, later, consistencySpans(earlier.size, later.size).map(rootOf));
    },
  };
}
