import type { Command } from 'commander';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import { parseExpiry, parseName, type Expiry } from '../option.ts';
import { renderWaived } from '../render/evidence.ts';
import { teach } from '../teach.ts';

interface Options {
  readonly service?: string;
  readonly until: Expiry;
  readonly reason: string;
}

/** `dray waive`: somebody answers for a vulnerability until a moment. */
export function addWaive(program: Command, act: Act): void {
  const command = program
    .command('waive')
    .summary('answer for a vulnerability until a moment')
    .description(
      'Records that a vulnerability does not count in the gates of environments until a moment: who says so, why, and until when stays on the ledger for ever. It ends by itself.',
    )
    .argument('<vulnerability>', 'such as CVE-2024-1234')
    .requiredOption('--until <when>', 'such as 30d, or 2027-01-31', parseExpiry)
    .requiredOption('--reason <text>', 'why it does not count')
    .option('--service <service>', 'only in this service (default: in every service)', parseName)
    .action((vulnerability: string, options: Options) =>
      act(command, async (context) => await waive(context, vulnerability, options)),
    );
  teach(command, {
    examples: [
      ["dray waive CVE-2024-1234 --service cart --until 30d --reason 'the parser is not reached'", 'for a month'],
    ],
    exits: [0, 1, 2, 9, 11],
  });
}

async function waive(context: Context, vulnerability: string, options: Options): Promise<ExitCode> {
  const { terminal, io, signal } = context;
  const { until: expiry, reason, service = null } = options;
  const until = 'at' in expiry ? expiry.at : io.now() + expiry.afterMs;
  const view = await context.client().call('waive', { body: { vulnerability, service, reason, until }, signal });
  terminal.answer(view, renderWaived({ vulnerability, service, until, sequence: view.sequence }));
  return exitCode.done;
}
