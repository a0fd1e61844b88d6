import { isFault } from '../core/fault.ts';
import type { ReceiptView } from '../wire/common.ts';
import type { Context } from './context.ts';
import { UsageError } from './failure.ts';
import { readTextIfThere, writeText } from './file.ts';

/** A receipt is some 3 KiB at most. */
const receiptBytesMost = 65_536;

/** Where the receipt of the end goes, beside that of the beginning. */
export function endedPath(path: string): string {
  return `${path}.ended`;
}

/** Throws when a file of a deployment's receipts is there already: before anything is deployed. */
export async function refuseReceiptsThere({ io }: Context, path: string): Promise<void> {
  for (const name of [path, endedPath(path)]) {
    if ((await readTextIfThere(io, name, receiptBytesMost)) === null) continue;
    throw new UsageError(`${name} is there already.`, 'Name another file for the receipt, or remove it.');
  }
}

/**
 * Writes a receipt into a new file; asks for its proof when that did not come with the answer. Without one it only
 * warns: what the receipt is about has happened.
 */
export async function keepReceipt(context: Context, path: string, receipt: ReceiptView): Promise<void> {
  const { sequence } = receipt;
  const proof = receipt.proof ?? (await askForProof(context, sequence));
  if (proof === null) {
    context.terminal.warn(
      `Entry ${sequence} has no receipt yet; later: dray ledger receipt ${sequence} -o ${JSON.stringify(path)}`,
    );
    return;
  }
  await writeText(context.io, path, proof, false);
  context.terminal.say(context.terminal.style.dim(`the receipt of entry ${sequence} is in ${path}`));
}

async function askForProof(context: Context, sequence: number): Promise<string | null> {
  const params = { sequence };
  try {
    return (await context.client().call('ledgerReceipt', { params, signal: context.signal })).proof;
  } catch (thrown) {
    if (isFault(thrown, 'ledger.unsigned') || isFault(thrown, 'ledger.behind')) return null;
    throw thrown;
  }
}
