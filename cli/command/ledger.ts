import { Option, type Command } from 'commander';
import { resolve } from 'node:path';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import { writeText } from '../file.ts';
import { ledgerPages, verifyLedger, type LedgerVerdict } from '../ledger.ts';
import { createLive } from '../live.ts';
import { canonical } from '../../core/canonical.ts';
import { teach } from '../teach.ts';

/** `dray ledger`: the record of every fact and decision. */
export function addLedger(program: Command, act: Act): void {
  const ledger = program
    .command('ledger')
    .summary('verify or export the record of every fact and decision')
    .description('Verifies or exports the ledger: the hash-chained record of every fact and decision.');
  addVerify(ledger, act);
  addExport(ledger, act);
  teach(ledger, {
    examples: [
      ['dray ledger verify', 'of the running server'],
      ['dray ledger export > ledger.jsonl', 'every entry, a line each'],
    ],
    exits: [0, 1, 2, 9, 11],
  });
}

function addVerify(ledger: Command, act: Act): void {
  const command = ledger
    .command('verify')
    .summary('check the hash chain from the first entry to the head')
    .description(
      'Checks the hash chain from the first entry to the head, computed here and not believed from the server. Names the first entry that is wrong.',
    )
    .addOption(new Option('--file <path>', 'a data folder or database file, without a server'))
    .action((options: { readonly file?: string }) =>
      act(command, async (context) => {
        const verdict =
          options.file === undefined ? await verifyServer(context) : await verifyFile(context, options.file);
        return tellVerdict(context, verdict);
      }),
    );
  teach(command, {
    examples: [
      ['dray ledger verify', 'of the running server'],
      ['dray ledger verify --file .drayage/data', 'of a data folder, without a server'],
    ],
    exits: [0, 1, 2, 9, 11, 130],
  });
}

async function verifyServer(context: Context): Promise<LedgerVerdict> {
  const { terminal, signal } = context;
  const live = terminal.people.isTerminal ? createLive(terminal.people) : null;
  try {
    return await verifyLedger(
      (after, limit) => context.client().call('ledgerEntries', { query: { after, limit }, signal }),
      (done, total) => live?.draw([terminal.style.dim(`verified ${done} of ${total} entries`)]),
    );
  } finally {
    live?.clear();
  }
}

async function verifyFile(context: Context, path: string): Promise<LedgerVerdict> {
  const { verifyLedgerFile } = await import('../../server.ts');
  return await verifyLedgerFile(resolve(context.io.folder, path), context.signal);
}

function tellVerdict({ terminal }: Context, verdict: LedgerVerdict): ExitCode {
  terminal.result(verdict);
  if (verdict.kind === 'whole') {
    terminal.say(`${terminal.style.green('whole:')} ${verdict.entries} entries verified, head ${verdict.head}`);
    return exitCode.done;
  }
  const { sequence, problem } = verdict.break;
  terminal.say(`${terminal.style.red('broken')} at entry ${sequence}: ${problem}`);
  terminal.say(
    `  ${terminal.style.bold('next:')} stop changing things, keep a copy of the data folder, and compare it with a backup`,
  );
  return exitCode.failed;
}

function addExport(ledger: Command, act: Act): void {
  const command = ledger
    .command('export')
    .summary('write every entry, one line of canonical JSON each')
    .description('Writes every entry as one line of canonical JSON (RFC 8785): the bytes that are hashed.')
    .option('-o, --output <file>', 'a new file instead of standard output')
    .option('--force', 'replace the file when it is there')
    .action((options: { readonly output?: string; readonly force?: boolean }) =>
      act(command, async (context) => await exportLedger(context, options.output ?? null, options.force === true)),
    );
  teach(command, {
    examples: [
      ['dray ledger export > ledger.jsonl', 'on standard output'],
      ['dray ledger export -o ledger.jsonl', 'into a new file'],
    ],
    exits: [0, 1, 2, 9, 11, 130],
  });
}

async function exportLedger(context: Context, output: string | null, replace: boolean): Promise<ExitCode> {
  const { terminal, signal, io } = context;
  const pages = ledgerPages((after, limit) =>
    context.client().call('ledgerEntries', { query: { after, limit }, signal }),
  );
  let entries = 0;
  const texts = async function* (): AsyncGenerator<string> {
    for await (const page of pages) {
      entries += page.entries.length;
      yield page.entries.map((entry) => `${canonical(entry)}\n`).join('');
    }
  };
  if (output === null) {
    for await (const text of texts()) terminal.raw(text);
  } else {
    await writeText(io, output, texts(), replace);
  }
  terminal.warn(`${entries} entries`);
  return exitCode.done;
}
