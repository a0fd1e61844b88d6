import { fromBase64, parseNote, toBase64, verifyNote, type SignedNote, type VerifierKey } from './note.ts';
import type { TreeHead } from './proof.ts';

/** The head of a ledger's tree, as C2SP tlog-checkpoint has it. */
export interface Checkpoint extends TreeHead {
  /** Which ledger it is of. */
  readonly origin: string;
}

/** A checkpoint with the note that it came in. */
export interface SignedCheckpoint extends Checkpoint {
  readonly note: string;
}

/** The text of the note that is signed. */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${toBase64(root)}\n`;
}

/** Reads a checkpoint out of a note's text; null when it is none. Extension lines are passed over. */
export function parseCheckpoint({ text }: Pick<SignedNote, 'text'>): Checkpoint | null {
  const lines = text.split('\n');
  const [origin = '', size = '', encoded = ''] = lines;
  if (lines.length < 4 || lines.slice(0, -1).includes('') || !/^(?:0|[1-9]\d{0,15})$/.test(size)) return null;
  const root = fromBase64(encoded);
  if (root?.length !== 32 || !Number.isSafeInteger(Number(size))) return null;
  return { origin, size: Number(size), root };
}

/** What became of reading a signed checkpoint. */
export type OpenedCheckpoint =
  | { readonly kind: 'signed'; readonly checkpoint: SignedCheckpoint; readonly by: VerifierKey }
  | { readonly kind: 'wrong'; readonly problem: string };

/** Reads a checkpoint that one of the keys signed, under the origin that is the key's name. */
export function openCheckpoint(note: string, keys: readonly VerifierKey[]): OpenedCheckpoint {
  const parsed = parseNote(note);
  const checkpoint = parsed === null ? null : parseCheckpoint(parsed);
  if (parsed === null || checkpoint === null) return { kind: 'wrong', problem: 'it is no signed checkpoint' };
  const by = verifyNote(parsed, keys);
  if (by === null) return { kind: 'wrong', problem: 'no trusted key signed it, or a signature is wrong' };
  if (by.name !== checkpoint.origin)
    return { kind: 'wrong', problem: `${by.name} signed it, but it is of ${checkpoint.origin}` };
  return { kind: 'signed', checkpoint: { ...checkpoint, note }, by };
}
