import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { Digest } from '../hash.ts';
import type { JsonObject } from '../json.ts';
import { firstPrevious, leafHash, type LedgerEntry } from '../ledger.ts';
import { checkpointText } from '../tree/checkpoint.ts';
import { formatKeyChange, keyChangeText } from '../tree/key-change.ts';
import { createTreeBuilder, inclusionSpans, type TreeHash } from '../tree/merkle.ts';
import { formatNote, verifierKey, type VerifierKey } from '../tree/note.ts';
import { formatReceipt } from '../tree/receipt.ts';

/** A key pair of a test's own. */
export interface TestKey {
  readonly verifier: VerifierKey;
  readonly secret: KeyObject;
}

/** A new Ed25519 key of this name. */
export function makeKey(name: string): TestKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return { verifier: verifierKey(name, new Uint8Array(der.subarray(-32))), secret: privateKey };
}

/** Signs a note's text. */
export function signText({ verifier, secret }: TestKey, text: string): string {
  const { name, id } = verifier;
  return formatNote({ text, signatures: [{ name, id, signature: sign(null, Buffer.from(text), secret) }] });
}

/** What the key in force signs when it hands over. */
export function handOver(present: TestKey, next: TestKey): string {
  const text = keyChangeText(present.verifier, next.verifier);
  return formatKeyChange(present.verifier, next.verifier, sign(null, Buffer.from(text), present.secret));
}

/** What a test puts on a ledger. */
export interface Made {
  readonly kind?: LedgerEntry['kind'];
  readonly payload: JsonObject;
}

/** Chains entries as a store does. */
export function chain(made: readonly Made[], stream = 's'): readonly LedgerEntry[] {
  let prev: Digest = firstPrevious;
  return made.map(({ kind = 'lease-granted', payload }, index) => {
    const sequence = index + 1;
    const entry: LedgerEntry = { sequence, time: sequence, stream, kind, v: 1, actor: 'drayage', payload, prev };
    prev = leafHash(entry);
    return entry;
  });
}

/** The checkpoint over the first `size` entries. */
export function checkpointOf(entries: readonly LedgerEntry[], size: number, key: TestKey): string {
  return signText(
    key,
    checkpointText({ origin: key.verifier.name, size, root: rootOf(leavesOf(entries).slice(0, size)) }),
  );
}

/** The receipt of an entry under the checkpoint over the first `size`. */
export function receiptOf(entries: readonly LedgerEntry[], sequence: number, size: number, key: TestKey): string {
  const leaves = leavesOf(entries);
  const index = sequence - 1;
  const proof = inclusionSpans(index, size).map(({ begin, end }) => rootOf(leaves.slice(begin, end)));
  const leaf = leaves[index];
  if (leaf === undefined) throw new Error(`there is no entry ${sequence}`);
  return formatReceipt({ index, leaf, proof, note: checkpointOf(entries, size, key) });
}

function leavesOf(entries: readonly LedgerEntry[]): readonly TreeHash[] {
  return entries.map((entry) => new Uint8Array(Buffer.from(leafHash(entry), 'hex')));
}

function rootOf(leaves: readonly TreeHash[]): TreeHash {
  const tree = createTreeBuilder();
  for (const leaf of leaves) tree.add(leaf);
  return tree.root();
}
