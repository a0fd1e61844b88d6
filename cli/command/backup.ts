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

/** `dray backup`: one verified file of the whole ledger. */
export function addBackup(program: Command, act: Act): void {
  const command = program
    .command('backup')
    .summary('make a verified backup of the ledger')
    .description(
      'Makes a backup of the ledger in a data folder of this machine, beside the server that runs on it or without one. It is verified by replay before it appears: the chain from the first entry, and every table against one that is made anew.',
    )
    .argument('<file>', 'the new file')
    .option('-d, --data <folder>', 'where the ledger is', '.drayage/data')
    .option('--force', 'replace the file when it is there')
    .action((file: string, options: Options) => act(command, async (context) => await backUp(context, file, options)));
  teach(command, {
    notes: [
      'Run it on the machine of the server, as its user: no backup is made over the network. While it runs, it takes up to twice the size of the ledger beside the file.',
      'The signing key is not in the backup. Keep a copy of `signing.key` of the data folder apart from it, where only few may read; without that key the ledger goes on with a new one.',
      'Keep a copy of the file `checkpoint` or of some receipt elsewhere, too: it tells whether a restored ledger is behind.',
    ],
    examples: [
      ['dray backup /backups/ledger-monday.db', 'of the server in this folder'],
      ['dray backup today.db --data /var/lib/drayage', 'of another one'],
    ],
    exits: [0, 1, 2, 130],
  });
}

async function backUp(context: Context, file: string, { data, force = false }: Options): Promise<ExitCode> {
  const { io, terminal, signal } = context;
  const { backupLedger } = await import('../../server.ts');
  const directory = resolve(io.folder, data);
  const drawn = drawCopy(terminal);
  try {
    const copy = await backupLedger({
      directory,
      file: resolve(io.folder, file),
      replace: force,
      signal,
      tell: (progress) => drawn.tell(progress),
    });
    drawn.clear();
    terminal.result({ file, ...copy });
    terminal.say(`${terminal.style.green('backed up')} ${copy.entries} entries to ${file}, verified by replay`);
    for (const line of describeCopy(copy)) terminal.say(`  ${line}`);
    terminal.say(
      '  the signing key is not in it: keep signing.key of the data folder apart, where only few may read it',
    );
    return exitCode.done;
  } finally {
    drawn.clear();
  }
}
