import type { Command } from 'commander';
import { resolve } from 'node:path';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import { createLive } from '../live.ts';
import { teach } from '../teach.ts';

/** `dray ledger rebuild`: makes everything anew that follows from the ledger, without a server. */
export function addRebuild(ledger: Command, act: Act): void {
  const command = ledger
    .command('rebuild')
    .summary('make lists, states and the stored tree anew from the entries')
    .description(
      'Makes everything anew that follows from the entries: lists, states and the stored Merkle tree. The server must be stopped; no entry is touched. What is stopped in the middle is carried on by the next call, or by the next start of the server.',
    )
    .option('-d, --data <folder>', 'where the ledger is', '.drayage/data')
    .action((options: { readonly data: string }) =>
      act(command, async (context) => await rebuild(context, options.data)),
    );
  teach(command, {
    notes: ['Verify first: `dray ledger verify --file DIR`. What is wrong with the entries themselves stays wrong.'],
    examples: [['dray ledger rebuild --data .drayage/data', 'of a server that was stopped']],
    exits: [0, 1, 2, 130],
  });
}

async function rebuild({ io, terminal, signal }: Context, data: string): Promise<ExitCode> {
  const { rebuildLedger } = await import('../../server.ts');
  const live = terminal.people.isTerminal ? createLive(terminal.people) : null;
  try {
    const entries = await rebuildLedger({
      directory: resolve(io.folder, data),
      signal,
      tell: ({ making, done, total }) =>
        live?.draw([terminal.style.dim(`making the ${making} of ${done} of ${total} entries`)]),
    });
    live?.clear();
    terminal.answer({ entries }, `${terminal.style.green('rebuilt')} from ${entries} entries`);
    return exitCode.done;
  } finally {
    live?.clear();
  }
}
