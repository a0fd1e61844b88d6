import type { Command } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import { canonical } from '../../core/canonical.ts';
import type { Evidence } from '../../core/ledger-evidence.ts';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import { writeText } from '../file.ts';
import { fetchCheckpoint } from '../ledger-evidence.ts';
import { closingLine } from '../ledger-export.ts';
import { ledgerPages, type ReadEntries } from '../ledger.ts';
import { teach } from '../teach.ts';

/** How long an export waits for a checkpoint that covers what was there when it began. */
const checkpointTries = 20;
const checkpointPauseMs = 100;

interface Options {
  readonly output?: string;
  readonly force?: boolean;
}

/** `dray ledger export`: every entry, and the signature over them. */
export function addExport(ledger: Command, act: Act): void {
  const command = ledger
    .command('export')
    .summary('write every entry, one line of canonical JSON each')
    .description(
      'Writes every entry as one line of canonical JSON (RFC 8785): the bytes that are hashed. The last line is the signed checkpoint over them: an export without it is not complete.',
    )
    .option('-o, --output <file>', 'a new file instead of standard output')
    .option('--force', 'replace the file when it is there')
    .action((options: Options) => act(command, async (context) => await exportLedger(context, options)));
  teach(command, {
    examples: [
      ['dray ledger export > ledger.jsonl', 'on standard output'],
      ['dray ledger export -o ledger.jsonl', 'into a new file'],
      ['dray ledger verify --export ledger.jsonl --key KEY', 'whether it is complete and whole'],
    ],
    exits: [0, 1, 2, 9, 11, 130],
  });
}

async function exportLedger(context: Context, { output, force }: Options): Promise<ExitCode> {
  const { terminal, signal, io } = context;
  const read: ReadEntries = (after, limit) =>
    context.client().call('ledgerEntries', { query: { after, limit }, signal });
  const checkpoint = await coveringCheckpoint(context, read);
  let entries = 0;
  const texts = async function* (): AsyncGenerator<string> {
    const size = checkpoint?.places.at(-1) ?? 0;
    for await (const page of ledgerPages(read, size)) {
      // Exactly what is signed, so that nothing can be cut off unseen.
      const covered = page.entries.filter(({ sequence }) => checkpoint === null || sequence <= size);
      entries += covered.length;
      yield covered.map((entry) => `${canonical(entry)}\n`).join('');
    }
    if (checkpoint !== null) yield closingLine(checkpoint.note);
  };
  if (output === undefined) {
    for await (const text of texts()) terminal.raw(text);
  } else {
    await writeText(io, output, texts(), force === true);
  }
  terminal.warn(`${entries} entries`);
  if (checkpoint === null) {
    const { style } = terminal;
    terminal.warn(`${style.yellow('warning:')} the server signs nothing now: no checkpoint closes this export`);
    terminal.warn(
      `  ${style.bold('next:')} \`dray doctor\` tells why; whoever verifies it cannot tell whether it is complete`,
    );
  }
  return exitCode.done;
}

/** The server's checkpoint, once it covers what was there when it was asked first; null when none does in time. */
async function coveringCheckpoint(context: Context, read: ReadEntries): Promise<Evidence | null> {
  const { head } = await read(0, 1);
  for (let tries = 0; tries < checkpointTries; tries += 1) {
    const checkpoint = await fetchCheckpoint(context);
    if (checkpoint === null || (checkpoint.places.at(-1) ?? 0) >= head.sequence) return checkpoint;
    await sleep(checkpointPauseMs, undefined, { signal: context.signal });
  }
  return null;
}
