import type { Command } from 'commander';
import type { WhereView } from '../../wire/evidence.ts';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import type { Style } from '../style.ts';
import { renderTable } from '../table.ts';
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

function renderWhere({ vulnerability, releases }: WhereView, style: Style): string {
  if (releases.length === 0) return `No newest report of any release names ${vulnerability}.`;
  const rows = releases.flatMap(({ service, version, runsIn, findings }) =>
    findings.map((it) => [
      { text: `${service}@${version}`, paint: style.bold },
      runsIn.length === 0 ? { text: 'nowhere', paint: style.dim } : { text: runsIn.join(', '), paint: style.yellow },
      `${it.package} ${it.version ?? ''}`.trim(),
      it.severity,
      stateText(it.state),
      it.fixedIn === null ? '' : `fixed in ${it.fixedIn}`,
    ]),
  );
  return renderTable(['RELEASE', 'RUNS IN', 'PACKAGE', 'SEVERITY', 'STATE', ''], rows, style);
}

function stateText(state: WhereView['releases'][number]['findings'][number]['state']): string {
  if (state.kind === 'waived')
    return `waived until ${new Date(state.until).toISOString().slice(0, 10)}: ${state.reason}`;
  return state.kind === 'open' ? 'open' : `not affected${state.why === null ? '' : `: ${state.why}`}`;
}
