import type { Command } from 'commander';
import type { RecoveryView } from '../../wire/recovery.ts';
import type { Act } from '../act.ts';
import { confirmOrEnd } from '../ask.ts';
import type { Context } from '../context.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import { UsageError } from '../failure.ts';
import { renderRecovery } from '../render/recovery.ts';
import { teach } from '../teach.ts';

/** `dray recover`: goes on with a ledger that was restored from a backup. */
export function addRecover(program: Command, act: Act): void {
  const command = program
    .command('recover')
    .summary('go on with a ledger that was restored from a backup')
    .description(
      'Shows what a restored ledger lacks as far as it can be known, asks, and goes on with it: what was unfinished ends without a write to any engine, a new key signs the ledger under a new name, and new generations are above all that were ever granted. What the engines run stays as it is until the next deployment.',
    )
    .option('-y, --yes', 'do not ask')
    .action((options: { readonly yes?: boolean }) =>
      act(command, async (context) => await recover(context, options.yes === true)),
    );
  teach(command, {
    notes: [
      'Only when the newest data folder is lost: as long as it can be put back, put it back instead. The server must run, since it asks the engines; until then it only reads.',
      'Receipts of what is lost will not be found on the ledger any more: `dray ledger verify --receipt` tells them as lost.',
    ],
    examples: [
      ['dray recover', 'shows, asks, and goes on'],
      ['dray recover --json', 'shows, for a program; with --yes it goes on'],
    ],
    exits: [0, 1, 2, 3, 9, 11, 130],
  });
}

async function recover(context: Context, yes: boolean): Promise<ExitCode> {
  const { terminal, signal } = context;
  const client = context.client();
  const view = await client.call('getRecovery', { signal });
  if (view.confirm === null) {
    terminal.answer(view, `Nothing to recover: the ledger of ${view.head.sequence} entries is not behind anything.`);
    return exitCode.done;
  }
  terminal.say(renderRecovery(view, terminal.style));
  if (!yes) {
    if (terminal.json) return shown(context, view);
    const refusal = new UsageError('The ledger is recovered only when that is confirmed.', 'Add --yes.');
    if (!context.io.canAsk) throw refusal;
    await confirmOrEnd(context, 'Go on with this ledger, and give up what came after it?', refusal);
  }
  const done = await client.call('recover', { body: { confirm: view.confirm }, signal });
  terminal.result(done);
  terminal.say(
    `${terminal.style.green('recovered')} with entry ${done.sequence}; generations go on above ${done.generationBase}`,
  );
  terminal.say(`  this key signs the ledger from now on: ${done.key}`);
  terminal.say(
    `  ${terminal.style.bold('next:')} dray status, and a deployment to each environment: it puts right what differs`,
  );
  return exitCode.done;
}

/** For a program: what there is to confirm. */
function shown({ terminal }: Context, view: RecoveryView): ExitCode {
  terminal.result(view);
  return exitCode.failed;
}
