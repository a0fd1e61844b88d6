import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { teach } from '../teach.ts';
import { addExport } from './ledger-export.ts';
import { addRebuild } from './ledger-rebuild.ts';
import { addVerify } from './ledger-verify.ts';
import { addReceipt, addRotateKey } from './receipt.ts';

/** `dray ledger`: the record of every fact and decision. */
export function addLedger(program: Command, act: Act): void {
  const ledger = program
    .command('ledger')
    .summary('verify, export or rebuild the record of every fact and decision')
    .description('Verifies, exports or rebuilds the ledger: the hash-chained record of every fact and decision.');
  addVerify(ledger, act);
  addExport(ledger, act);
  addRebuild(ledger, act);
  addReceipt(ledger, act);
  addRotateKey(ledger, act);
  teach(ledger, {
    examples: [
      ['dray ledger verify', 'of the running server'],
      ['dray ledger export > ledger.jsonl', 'every entry, a line each'],
    ],
    exits: [0, 1, 2, 9, 11, 13],
  });
}
