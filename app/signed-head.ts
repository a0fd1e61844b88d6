import { Fault } from '../core/fault.ts';
import { openCheckpoint, type SignedCheckpoint } from '../core/tree/checkpoint.ts';
import { parseNote, type VerifierKey } from '../core/tree/note.ts';
import { isSame } from '../core/tree/proof.ts';
import type { Logger } from '../port/logger.ts';
import type { Signer } from '../port/signer.ts';
import type { LedgerTree } from './ledger-tree.ts';
import type { KeyHistory } from './signing-keys.ts';

export interface SignedHeadParts {
  readonly signer: Signer;
  readonly tree: LedgerTree;
  readonly logger: Logger;
}

/** How the ledger stands to what was signed of it; `nothing`: there is nothing that it must agree with. */
export type Comparison =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'fits'; readonly checkpoint: SignedCheckpoint; readonly by: VerifierKey }
  | { readonly kind: 'behind'; readonly fault: Fault };

/**
 * The ledger against the checkpoint that was published of it: it must be as long at least, and the same so far. Rejects
 * with Faults of the store and the signer.
 */
export async function compareWithSigned(
  { signer, tree, logger }: SignedHeadParts,
  history: KeyHistory,
  signal: AbortSignal,
): Promise<Comparison> {
  const note = await signer.published(signal);
  if (note === null || history.lost.includes(note)) return { kind: 'nothing' };
  if (parseNote(note) === null) {
    // What a power cut can leave; whoever could put it there could as well have taken the file away.
    logger.warn('the file of the last checkpoint holds none: the ledger was compared with nothing');
    return { kind: 'nothing' };
  }
  const next = signer.next();
  const opened = openCheckpoint(note, [signer.key(), ...(next === null ? [] : [next]), ...history.keys]);
  const ends = tree.size();
  if (opened.kind === 'wrong')
    return behind(`The checkpoint beside the ledger is none of this ledger: ${opened.problem}.`, ends, null);
  const { checkpoint, by: key } = opened;
  if (checkpoint.size > ends) {
    const more = `${checkpoint.size} entries were signed, and the ledger ends with entry ${ends}`;
    return behind(`${more}: it was restored from a backup.`, ends, checkpoint.size);
  }
  if (!isSame(await tree.rootAt(checkpoint.size, signal), checkpoint.root)) {
    const other = `entries 1 to ${checkpoint.size} of the ledger are not those that were signed`;
    return behind(`The ledger has ${ends} entries, but ${other}: it is another one.`, ends, checkpoint.size);
  }
  return { kind: 'fits', checkpoint, by: key };
}

function behind(message: string, ledger: number, signed: number | null): Comparison {
  const next =
    'Nothing is signed. Put back the newest copy of the data folder, or go on with this ledger: dray recover.';
  return { kind: 'behind', fault: new Fault('ledger.behind', message, { facts: { ledger, signed }, next }) };
}
