import type { Command } from 'commander';
import type { ComparisonView, SubjectView } from '../../wire/comparison.ts';
import type { Act } from '../act.ts';
import { commitLog, type CommitLog } from '../commit-log.ts';
import type { Context } from '../context.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import { readSource } from '../file.ts';
import type { Io } from '../io.ts';
import { parseName, parseRelease, type NamedRelease } from '../option.ts';
import { renderComparison } from '../render/comparison.ts';
import { teach } from '../teach.ts';

/** What is to be compared, as it is written. */
type Named =
  | ({ readonly kind: 'release' } & NamedRelease)
  | { readonly kind: 'environment'; readonly environment: string }
  | { readonly kind: 'file'; readonly path: string };

/** Services whose commits git is asked for. */
const logsMost = 50;

/** `dray compare`: in what two releases, environments or specs differ that were not declared to. */
export function addCompare(program: Command, act: Act): void {
  const command = program
    .command('compare')
    .summary('show in what two releases, environments or specs differ')
    .description(
      'Shows in what two releases, two environments, or an environment and a spec differ: services, versions, images, ' +
        'files, definition, parameters; and of each service with another release the commits between, the packages that come ' +
        'and go, the findings gained and lost. Left out is what was declared to differ: parameters that an environment has ' +
        'of its own or from a slice, and the replicas, ports and clusters of a spec. Exits with 1 when they differ in anything else.',
    )
    .argument('<a>', 'service@version, an environment, or the file of a spec', parseSubject)
    .argument('<b>', 'what it is compared with', parseSubject)
    .option('--all', 'also what was declared to differ, and more packages')
    .action((a: Named, b: Named, options: { readonly all?: boolean }) =>
      act(command, async (context) => await compare(context, [a, b], options.all === true)),
    );
  teach(command, {
    notes: [
      'Commits come from the bills of materials, packages from the newest SBOMs, findings from the newest reports. Run in a checkout that has both commits, it also lists the commits between, 20 at most.',
      'With --json that list is there as "log" of each service that git told of.',
    ],
    examples: [
      ['dray compare test prod', 'what is in prod that is not in test, and the other way round'],
      ['dray compare cart@1.4.1 cart@1.4.2', 'what came with a release'],
      ['dray compare prod deploy/prod.yaml', 'what deploying the file would bring'],
      ['dray compare dev prod --all', 'and what they were declared to differ in'],
      ['dray compare dev prod --json', 'for a program'],
    ],
    exits: [0, 1, 2, 3, 9, 11],
  });
}

async function compare(context: Context, [a, b]: readonly [Named, Named], all: boolean): Promise<ExitCode> {
  const { terminal, io, signal } = context;
  const body = { a: await subjectOf(io, a), b: await subjectOf(io, b) };
  const view = await context.client().call('compare', { body, signal });
  const logs = await logsOf(io, view.changes);
  const changes = view.changes.map((change) => {
    const log = logs.get(change.service);
    return log === undefined ? change : { ...change, log };
  });
  terminal.answer({ ...view, changes }, renderComparison(view, terminal.style, { all, logs }));
  return view.differences.some(({ declared }) => !declared) ? exitCode.failed : exitCode.done;
}

async function logsOf(io: Io, changes: ComparisonView['changes']): Promise<ReadonlyMap<string, CommitLog>> {
  const logs = new Map<string, CommitLog>();
  for (const { service, commits } of changes.slice(0, logsMost)) {
    const { a, b } = commits;
    if (a.kind === 'missing' || b.kind === 'missing' || a.value === b.value) continue;
    const log = await commitLog(io, a.value, b.value);
    if (log !== undefined) logs.set(service, log);
  }
  return logs;
}

async function subjectOf(io: Io, named: Named): Promise<SubjectView> {
  return named.kind === 'file' ? { kind: 'spec', document: await readSource(io, named.path) } : named;
}

/** Releases are told by their @, files by a dot or a slash, which no name has; - is standard input. */
function parseSubject(text: string): Named {
  if (text === '-' || /[./]/.test(text.replace(/@.*$/, ''))) return { kind: 'file', path: text };
  if (text.includes('@')) return { kind: 'release', ...parseRelease(text) };
  return { kind: 'environment', environment: parseName(text) };
}
