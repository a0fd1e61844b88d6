import type { Receipt } from '../../app/ledger-api.ts';
import type { ReceiptView } from '../../wire/common.ts';

/** A receipt with its proof; null when it could not be had in time. */
export function receiptView({ sequence, hash }: Receipt, proof: string | null): ReceiptView {
  return { sequence, hash, proof };
}
