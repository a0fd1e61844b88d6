import type { TreeHash } from './merkle.ts';
import { fromBase64, toBase64 } from './note.ts';

/** The first line of every proof (C2SP tlog-proof). */
const header = 'c2sp.org/tlog-proof@v1';

/** No tree that can be has longer proofs. */
const proofMost = 64;

/**
 * A receipt: the proof that an entry is in the tree of a signed checkpoint, as a C2SP tlog-proof whose `extra` line
 * holds the entry's leaf hash.
 */
export interface ReceiptProof {
  /** Of the entry, from 0: its sequence less one. */
  readonly index: number;
  readonly leaf: TreeHash;
  readonly proof: readonly TreeHash[];
  /** The signed checkpoint, verbatim. */
  readonly note: string;
}

/** The text of a receipt, as it is kept in a `.tlog-proof` file. */
export function formatReceipt({ index, leaf, proof, note }: ReceiptProof): string {
  const lines = [header, `extra ${toBase64(leaf)}`, `index ${index}`, ...proof.map(toBase64)];
  return `${lines.join('\n')}\n\n${note}`;
}

/** Reads a receipt; null when it is none. Nothing of it is verified. */
export function parseReceipt(text: string): ReceiptProof | null {
  const end = text.indexOf('\n\n');
  if (end < 0) return null;
  const [first, extra = '', index = '', ...hashes] = text.slice(0, end).split('\n');
  if (first !== header || hashes.length > proofMost || !/^index (?:0|[1-9]\d{0,15})$/.test(index)) return null;
  const leaf = extra.startsWith('extra ') ? fromBase64(extra.slice(6)) : null;
  const proof = hashes.map(fromBase64);
  if (leaf?.length !== 32 || !proof.every((node): node is Uint8Array => node?.length === 32)) return null;
  return { index: Number(index.slice(6)), leaf, proof, note: text.slice(end + 2) };
}
