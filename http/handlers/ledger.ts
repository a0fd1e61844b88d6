import type { App } from '../../app/api.ts';
import { receiptView } from '../views/receipt.ts';
import { answered, type Handlers } from './call.ts';

type LedgerRoutes = 'ledgerReceipt' | 'rotateSigningKey' | 'erase' | 'ledgerCheckpoint' | 'ledgerTile';

/** The ledger as whoever does not believe the server reads it: receipts, signed checkpoints, tiles. */
export function createLedgerHandlers(app: App): Handlers<LedgerRoutes> {
  return {
    ledgerReceipt: async ({ params, signal }) => {
      const { sequence, hash, proof } = await app.receipt(params.sequence, signal);
      return answered({ sequence, hash, proof });
    },
    rotateSigningKey: async ({ actor, signal }) => {
      const { key, previous, sequence } = await app.rotateKey(actor, signal);
      return answered({ key, previous, sequence });
    },
    erase: async ({ actor, body, signal }) => {
      const { contents, receipt } = await app.erase(actor, body, signal);
      const proof = receipt === null ? null : await app.proof(receipt.sequence, signal);
      return answered({ contents, receipt: receipt === null ? null : receiptView(receipt, proof) });
    },
    ledgerCheckpoint: async () => ({
      kind: 'text',
      contentType: 'text/plain; charset=utf-8',
      text: await Promise.resolve(app.checkpoint()),
    }),
    ledgerTile: async ({ params, signal }) => ({
      kind: 'bytes',
      contentType: 'application/octet-stream',
      bytes: await app.tile(params.tile, signal),
    }),
  };
}
