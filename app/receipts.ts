import { Fault, isFault } from '../core/fault.ts';
import { leafHash } from '../core/ledger.ts';
import type { SignedCheckpoint } from '../core/tree/checkpoint.ts';
import { formatReceipt } from '../core/tree/receipt.ts';
import type { Store } from '../port/store.ts';
import type { ProvenReceipt } from './ledger-api.ts';
import type { Checkpoints } from './checkpoints.ts';
import { createRecent } from './recent.ts';

/** Proofs that entries are on the ledger, as texts of core/tree/receipt.ts. */
export interface Receipts {
  /**
   * Of an entry that was just appended: waits at most 2 s for a checkpoint that covers it; null when none came. Rejects
   * only with the signal's reason.
   */
  soon(sequence: number, signal: AbortSignal): Promise<string | null>;
  /** Those that can be had at once, by sequence: a proof once given stays the same while it is remembered. */
  kept(sequences: readonly number[], signal: AbortSignal): Promise<ReadonlyMap<number, string>>;
  /** Against the newest checkpoint: `ledger.entry-unknown`, `ledger.unsigned`, `ledger.behind`. */
  fresh(sequence: number, signal: AbortSignal): Promise<ProvenReceipt>;
}

/** Receipts that are remembered at least, of some 2 KiB each. */
const receiptsMost = 1_000;

export function createReceipts(of: { readonly store: Store; readonly checkpoints: Checkpoints }): Receipts {
  const { store, checkpoints } = of;
  const remembered = createRecent<number, string>(receiptsMost);
  async function make(sequence: number, { size, note }: SignedCheckpoint, signal: AbortSignal): Promise<string> {
    const index = sequence - 1;
    const leaf = await checkpoints.tree.leaf(index, signal);
    return formatReceipt({ index, leaf, proof: await checkpoints.tree.inclusionProof(index, size, signal), note });
  }
  async function keep(sequence: number, checkpoint: SignedCheckpoint, signal: AbortSignal): Promise<string> {
    const text = await make(sequence, checkpoint, signal);
    remembered.keep(sequence, text);
    return text;
  }
  return {
    async soon(sequence, signal) {
      const known = remembered.get(sequence);
      if (known !== undefined) return known;
      try {
        const checkpoint = await checkpoints.covering(sequence);
        return checkpoint === null ? null : await keep(sequence, checkpoint, signal);
      } catch (error) {
        // What the answer is about has happened: it is told without a proof, which can be had later.
        if (isFault(error)) return null;
        throw error;
      }
    },
    async kept(sequences, signal) {
      const found = new Map<number, string>();
      const newest = checkpoints.newest();
      for (const sequence of sequences) {
        const isCovered = newest !== null && newest.size >= sequence;
        const text = remembered.get(sequence) ?? (isCovered ? await keep(sequence, newest, signal) : undefined);
        if (text !== undefined) found.set(sequence, text);
      }
      return found;
    },
    async fresh(sequence, signal) {
      const [entry] = await store.entries(sequence - 1, 1, signal);
      if (entry === undefined) throw unknownEntry(sequence);
      const checkpoint = await checkpoints.covering(sequence);
      if (checkpoint === null) throw unsigned(checkpoints, sequence);
      return { sequence, hash: leafHash(entry), proof: await make(sequence, checkpoint, signal) };
    },
  };
}

/** Why no checkpoint covers an entry. */
export function unsigned(checkpoints: Checkpoints, sequence: number): Fault {
  const state = checkpoints.state();
  if (state.kind === 'behind' || state.kind === 'key-changed') return state.fault;
  const why = state.kind === 'failing' ? `: ${state.reason}` : '.';
  return new Fault('ledger.unsigned', `No signed checkpoint reaches entry ${sequence} of the ledger yet${why}`, {
    facts: { sequence, size: checkpoints.figures().size },
  });
}

function unknownEntry(sequence: number): Fault {
  return new Fault('ledger.entry-unknown', `The ledger has no entry ${sequence}.`, { facts: { sequence } });
}
