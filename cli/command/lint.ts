import { Option, type Command } from 'commander';
import { lintDockerfile, type LintResult } from '../../core/dockerfile/lint.ts';
import type { Severity } from '../../core/dockerfile/rule.ts';
import { ruleIds } from '../../core/dockerfile/rules.ts';
import { toSarif } from '../../core/dockerfile/sarif.ts';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import { readBuildContext } from '../build-context.ts';
import { UsageError } from '../failure.ts';
import { writeText } from '../file.ts';
import { lintFile } from '../lint.ts';
import { addText } from '../option.ts';
import { renderLint } from '../render/lint.ts';
import { teach } from '../teach.ts';

const severities: readonly Severity[] = ['error', 'warning', 'note'];

interface Options {
  readonly format: 'text' | 'json' | 'sarif';
  readonly fix?: boolean;
  readonly rule?: readonly string[];
  readonly level: Severity;
  readonly context?: string;
}

/** `dray lint`: advice on Dockerfiles, above all on their order. */
export function addLint(program: Command, act: Act): void {
  const command = program
    .command('lint')
    .summary('advice on a Dockerfile: its order, and what else costs')
    .description(
      'Reads Dockerfiles and says what costs time or safety, above all an order in which every source change repeats the installs: with the reason, the cost, and the better order as a diff. Needs no server and no engine.',
    )
    .argument('[dockerfile...]', 'Dockerfiles; - reads standard input (default: ./Dockerfile)')
    .addOption(
      new Option('--format <format>', 'how to tell it; --json is --format json')
        .choices(['text', 'json', 'sarif'])
        .default('text'),
    )
    .option('--fix', 'write the better order into the file; with - print the file instead')
    .option('--rule <id>', 'only this rule; may be repeated', addText)
    .addOption(new Option('--level <severity>', 'leave out what matters less').choices(severities).default('note'))
    .option('--context <folder>', "the folder that is sent to the build (default: the Dockerfile's own)")
    .action((paths: readonly string[], options: Options) =>
      act(command, async (context) => await lint(context, paths.length === 0 ? ['Dockerfile'] : paths, options)),
    );
  teach(command, {
    examples: [
      ['dray lint', 'looks at ./Dockerfile'],
      ['dray lint --fix', 'puts its instructions into the better order'],
      ['dray lint docker/Dockerfile --context .', 'as docker build -f docker/Dockerfile . does'],
      ['dray lint --level warning api/Dockerfile web/Dockerfile', 'in CI: exit code 1 without the notes'],
      ['dray lint --format sarif > lint.sarif', 'for a code scanner'],
    ],
    notes: [
      'What is meant to be so is said on the line above: # drayage-lint: ignore=RULE reason. The rules stand in docs/reference/lint.md.',
      'Files that declare dependencies, and .dockerignore, are looked at in the build context; what is not seen there is taken for granted, and told.',
    ],
    exits: [0, 1, 2],
  });
}

async function lint(context: Context, paths: readonly string[], options: Options): Promise<ExitCode> {
  const unknown = options.rule?.find((id) => !ruleIds.includes(id));
  if (unknown !== undefined) throw new UsageError(`There is no rule ${unknown}.`, `Rules are ${ruleIds.join(', ')}.`);
  if (options.fix === true && paths.includes('-')) return await printFixed(context, paths, options);
  const results: LintResult[] = [];
  for (const path of paths) results.push(await lintOne(context, path, options));
  tell(context, results, options);
  const found = results.some(({ findings }) => findings.some(({ suppressed }) => suppressed === null));
  return found ? exitCode.failed : exitCode.done;
}

async function lintOne({ io, terminal }: Context, path: string, options: Options): Promise<LintResult> {
  const request = { path, context: options.context ?? null };
  const result = await lintFile(io, request);
  if (options.fix !== true || result.corrected === null) return selected(result, options);
  await writeText(io, path, result.corrected, true);
  terminal.warn(`${path} is written in the order that costs less`);
  const granted = [...new Set(result.findings.flatMap(({ correction }) => correction?.granted ?? []))];
  if (granted.length > 0) terminal.warn(`taken for granted: ${granted.join('; ')}`);
  return selected(await lintFile(io, request), options);
}

/** Standard input has no file to write to: what comes out is the file. */
async function printFixed({ io, terminal }: Context, paths: readonly string[], options: Options): Promise<ExitCode> {
  if (paths.length > 1) throw new UsageError('With --fix, standard input stands alone.', 'Name files, or - alone.');
  const text = await io.readStdin(io.signal);
  const known = options.context === undefined ? null : await readBuildContext(io, options.context, null);
  const { corrected } = lintDockerfile({ name: '(standard input)', text }, known);
  terminal.raw(corrected ?? text);
  return exitCode.done;
}

/** The findings that were asked for. */
function selected(result: LintResult, { rule, level }: Options): LintResult {
  const findings = result.findings.filter(
    (one) => (rule?.includes(one.rule) ?? true) && severities.indexOf(one.severity) <= severities.indexOf(level),
  );
  return { ...result, findings };
}

function tell({ terminal }: Context, results: readonly LintResult[], { format }: Options): void {
  if (format === 'sarif') {
    terminal.raw(`${JSON.stringify(toSarif(results), null, 2)}\n`);
  } else if (terminal.json) terminal.result({ files: results.map(withoutText) });
  else if (format === 'json') terminal.raw(`${JSON.stringify({ files: results.map(withoutText) }, null, 2)}\n`);
  else {
    const { style, people } = terminal;
    terminal.say(results.map((result) => renderLint(result, style, people.columns)).join('\n\n'));
  }
}

/** The corrected file may hold a secret; its diff has none. */
function withoutText(result: LintResult): Omit<LintResult, 'corrected'> {
  const { corrected: _, ...rest } = result;
  return rest;
}
