import type { Command } from 'commander';
import { Fault } from '../../core/fault.ts';
import type { Act } from '../act.ts';
import { confirmOrEnd } from '../ask.ts';
import type { Context } from '../context.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import { UsageError } from '../failure.ts';
import { writeText } from '../file.ts';
import { teach } from '../teach.ts';

interface ReceiptOptions {
  readonly output?: string;
  readonly force?: boolean;
  readonly accepted?: boolean;
}

/** `dray ledger receipt`: the proof that an entry is on the ledger, to keep where the server cannot reach it. */
export function addReceipt(ledger: Command, act: Act): void {
  const command = ledger
    .command('receipt')
    .summary('get the proof that an entry is on the ledger')
    .description(
      'Gets the receipt of an entry: the signed proof that it is on the ledger, as a C2SP tlog-proof. Of a deployment it is that of its end, or of its acceptance while it goes on.',
    )
    .argument('<entry>', 'sequence of an entry, or id of a deployment')
    .option('-o, --output <file>', 'a new file instead of standard output')
    .option('--force', 'replace the file when it is there')
    .option('--accepted', 'of a deployment: of its acceptance, also when it has ended')
    .action((entry: string, options: ReceiptOptions) =>
      act(command, async (context) => await getReceipt(context, entry, options)),
    );
  teach(command, {
    notes: ['`dray ledger verify --receipt FILE` says whether the ledger still is what the receipt proves.'],
    examples: [
      ['dray ledger receipt 42 -o entry-42.tlog-proof', 'of an entry'],
      ['dray ledger receipt d-5b0f6c1e9a3d47f2', 'how a deployment ended'],
    ],
    exits: [0, 1, 2, 9, 11],
  });
}

async function getReceipt(context: Context, entry: string, options: ReceiptOptions): Promise<ExitCode> {
  const { terminal, io, signal } = context;
  const params = { sequence: await sequenceOf(context, entry, options.accepted === true) };
  const receipt = await context.client().call('ledgerReceipt', { params, signal });
  const { sequence, proof } = receipt;
  if (proof === null) throw new Fault('ledger.unsigned', `Entry ${sequence} has no receipt yet.`);
  if (options.output !== undefined) {
    await writeText(io, options.output, proof, options.force === true);
    terminal.answer(receipt, `The receipt of entry ${sequence} is in ${options.output}.`);
    return exitCode.done;
  }
  terminal.result(receipt);
  if (!terminal.json) terminal.raw(proof);
  return exitCode.done;
}

async function sequenceOf(context: Context, entry: string, accepted: boolean): Promise<number> {
  if (/^[1-9]\d{0,14}$/.test(entry)) return Number(entry);
  if (/^\d+$/.test(entry)) throw new UsageError(`${entry} is no sequence of an entry.`, 'Entries count from 1.');
  const params = { deployment: entry };
  const { receipts } = await context.client().call('getDeployment', { params, signal: context.signal });
  return (accepted ? receipts.accepted : (receipts.ended ?? receipts.accepted)).sequence;
}

/** `dray ledger rotate-key`: another key signs the ledger from now on. */
export function addRotateKey(ledger: Command, act: Act): void {
  const command = ledger
    .command('rotate-key')
    .summary('let another key sign the ledger from now on')
    .description(
      'Makes a new key that signs the ledger, recorded on it with the consent of the present one, which is destroyed. Receipts of before stay valid. When the key file was lost, the one that the server made instead is recorded.',
    )
    .option('-y, --yes', 'do not ask')
    .action((options: { readonly yes?: boolean }) =>
      act(command, async (context) => await rotateKey(context, options.yes === true)),
    );
  teach(command, {
    notes: ['Whoever keeps the verifier key follows the change by itself when the ledger is verified.'],
    examples: [
      ['dray ledger rotate-key', 'asks first'],
      ['dray ledger rotate-key --yes', 'in a script'],
    ],
    exits: [0, 1, 2, 9, 11, 130],
  });
}

async function rotateKey(context: Context, yes: boolean): Promise<ExitCode> {
  const { terminal, signal } = context;
  if (!yes) {
    const refusal = new UsageError('The key is changed only when that is confirmed.', 'Add --yes.');
    if (!context.io.canAsk || terminal.json) throw refusal;
    await confirmOrEnd(context, 'Replace the key that signs the ledger?', refusal);
  }
  const changed = await context.client().call('rotateSigningKey', { body: {}, signal });
  terminal.answer(changed, `A new key signs the ledger (entry ${changed.sequence}): ${changed.key}`);
  return exitCode.done;
}
