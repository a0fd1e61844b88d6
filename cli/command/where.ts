import type { Command } from 'commander';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import { renderWhere } from '../render/evidence.ts';
import { teach } from '../teach.ts';

/** `dray where`: which releases have a vulnerability, and where they run. */
export function addWhere(program: Command, act: Act): void {
  const command = program
    .command('where')
    .summary('which releases have a vulnerability, and where they run')
    .description(
      'Tells which releases have a vulnerability by the newest reports that were appended to them, and which environments run them.',
    )
    .argument('<vulnerability>', 'such as CVE-2024-1234')
    .action((vulnerability: string) => act(command, async (context) => await where(context, vulnerability)));
  teach(command, {
    examples: [['dray where CVE-2024-1234', 'every release and environment']],
    exits: [0, 2, 9, 11],
  });
}

async function where(context: Context, vulnerability: string): Promise<ExitCode> {
  const { terminal, signal } = context;
  const view = await context.client().call('whereIs', { params: { vulnerability }, signal });
  terminal.answer(view, renderWhere(view, terminal.style));
  return exitCode.done;
}
