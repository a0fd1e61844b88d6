import type { Command } from 'commander';
import { resolve } from 'node:path';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { describeCopy, drawCopy } from '../copied.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import { teach } from '../teach.ts';

interface Options {
  readonly data: string;
  readonly force?: boolean;
}

/** `dray restore`: puts a backup in place. */
export function addRestore(program: Command, act: Act): void {
  const command = program
    .command('restore')
    .summary('put a backup of the ledger in place')
    .description(
      'Verifies a backup by replay and puts it into a data folder, whose server must be stopped. `signing.key` and `checkpoint` of that folder stay: they tell whether the ledger is behind.',
    )
    .argument('<file>', 'the backup')
    .option('-d, --data <folder>', 'where the ledger goes', '.drayage/data')
    .option('--force', 'move the ledger that is there aside; it is never removed')
    .action((file: string, options: Options) => act(command, async (context) => await restore(context, file, options)));
  teach(command, {
    notes: [
      'What came after the backup is lost with the ledger that held it: restore only when that one is. A server on a restored ledger finds out by its checkpoint and by its engines; it then only reads until `dray recover`.',
      'Before the first start, put back `signing.key` if you kept it: without it the server makes another one.',
    ],
    examples: [
      ['dray restore /backups/ledger-monday.db', 'into an empty data folder'],
      ['dray restore monday.db --data /var/lib/drayage --force', 'instead of the ledger that is there'],
    ],
    exits: [0, 1, 2, 130],
  });
}

async function restore(context: Context, file: string, { data, force = false }: Options): Promise<ExitCode> {
  const { io, terminal, signal } = context;
  const { restoreLedger } = await import('../../server.ts');
  const drawn = drawCopy(terminal);
  try {
    const copy = await restoreLedger({
      file: resolve(io.folder, file),
      directory: resolve(io.folder, data),
      replace: force,
      mark: new Date(io.now()).toISOString().replaceAll(/[:.]/g, '-'),
      signal,
      tell: (progress) => drawn.tell(progress),
    });
    drawn.clear();
    terminal.result({ file, data, ...copy });
    terminal.say(`${terminal.style.green('restored')} ${copy.entries} entries into ${data}, verified by replay`);
    for (const line of describeCopy(copy)) terminal.say(`  ${line}`);
    if (copy.replaced !== null) terminal.say(`  the ledger that was there lies in ${copy.replaced} now`);
    const behind = copy.unfit === null ? 'if engines or receipts are ahead of it, the server says so: ' : '';
    terminal.say(`  ${terminal.style.bold('next:')} dray serve; ${behind}dray recover`);
    return exitCode.done;
  } finally {
    drawn.clear();
  }
}
