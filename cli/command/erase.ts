import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { confirmOrEnd } from '../ask.ts';
import type { Context } from '../context.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import { UsageError } from '../failure.ts';
import { teach } from '../teach.ts';

interface Options {
  readonly logs?: string;
  readonly person?: string;
  readonly yes?: boolean;
}

/** What is to be erased, of which deployment or token. */
interface Order {
  readonly kind: 'logs' | 'person';
  readonly of: string;
}

/** `dray erase`: erases what may be erased; that it was there stays on the ledger. */
export function addErase(program: Command, act: Act): void {
  const command = program
    .command('erase')
    .summary('erase log excerpts or the name of a person, for ever')
    .description(
      'Erases the bytes of kept log excerpts, or the name of a token, for ever. The ledger keeps that they were there, says that they are erased, and still verifies.',
    )
    .option('--logs <deployment>', 'the log excerpts that were kept of a deployment')
    .option('--person <token>', 'what a token, by its id, and the browsers that it signed in are called')
    .option('-y, --yes', 'do not ask')
    .action((options: Options) => act(command, async (context) => await erase(context, options)));
  teach(command, {
    notes: [
      'Copies outside the data folder, such as backups and what was printed or exported, are not reached.',
      'Log excerpts go by themselves when they are old: ledger.retention.logs in the platform document; 90 days unless it says otherwise.',
    ],
    examples: [
      ['dray erase --logs d-12', 'asks first'],
      ['dray erase --person t-3 --yes', 'in a script; dray token list shows the ids'],
    ],
    exits: [0, 1, 2, 9, 11, 130],
  });
}

async function erase(context: Context, options: Options): Promise<ExitCode> {
  const { terminal, io, signal } = context;
  const order = orderOf(options);
  if (options.yes !== true) {
    const refusal = new UsageError('Nothing is erased unless that is confirmed.', 'Add --yes.');
    if (!io.canAsk || terminal.json) throw refusal;
    await confirmOrEnd(context, `Erase ${nameOf(order)} for ever?`, refusal);
  }
  const erased = await context.client().call('erase', { body: order, signal });
  const { contents, receipt } = erased;
  const done =
    receipt === null
      ? `Nothing of ${nameOf(order)} is left to erase.`
      : `Erased ${nameOf(order)}: ${contents} ${contents === 1 ? 'content' : 'contents'} (entry ${receipt.sequence}).`;
  terminal.answer(erased, done);
  return exitCode.done;
}

function orderOf({ logs, person }: Options): Order {
  if (logs !== undefined && person === undefined) return { kind: 'logs', of: logs };
  if (person !== undefined && logs === undefined) return { kind: 'person', of: person };
  throw new UsageError('Say what to erase: one of --logs DEPLOYMENT and --person TOKEN.', 'See: dray erase --help.');
}

function nameOf({ kind, of }: Order): string {
  return kind === 'logs' ? `the log excerpts of ${of}` : `the name of ${of}`;
}
