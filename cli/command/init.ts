import { InvalidArgumentError, Option, type Command } from 'commander';
import { convertCompose, type Converted } from '../../core/compose/convert.ts';
import { applyProposals } from '../../core/compose/propose.ts';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { exitCode } from '../exit-code.ts';
import { UsageError } from '../failure.ts';
import { readSource, writeText, type SourceText } from '../file.ts';
import { gatherSources } from '../gather.ts';
import { printable } from '../style.ts';
import { addPair, type Pairs } from '../option.ts';
import { teach } from '../teach.ts';
import { tryOut } from '../trial.ts';

interface Options {
  readonly output?: string;
  readonly force?: boolean;
  readonly try?: boolean;
  readonly engine: string;
  readonly seconds: number;
  readonly var?: Pairs;
}

/** `dray init`: a service definition to start from. */
export function addInit(program: Command, act: Act): void {
  const command = program
    .command('init')
    .summary('make a service definition, from a Compose file or from nothing')
    .description(
      'Makes a service definition: of your Compose file, with a note for all that was changed, or one to start from. The Compose file itself is left as it is.',
    )
    .argument('[compose]', 'a Compose file to convert; - reads standard input')
    .option('-o, --output <file>', 'a new file instead of standard output')
    .option('--force', 'replace the file when it is there')
    .option('-t, --try', 'try it out on a local engine: proposes tmpfs folders and health checks')
    .addOption(
      new Option('--engine <endpoint>', 'the local engine to try it out on')
        .env('DOCKER_HOST')
        .default('unix:///var/run/docker.sock'),
    )
    .addOption(
      new Option('--seconds <n>', 'how long each of the two trial runs lasts').argParser(parseSeconds).default(10),
    )
    .addOption(
      new Option('--var <name=value>', 'value of a variable for the trial; repeat it for more').argParser(addPair),
    )
    .action((compose: string | undefined, options: Options) =>
      act(command, async (context) => {
        const { terminal, io } = context;
        const source = compose === undefined ? null : await gatherSources(io, await readSource(io, compose));
        const converted = convertCompose(source);
        const { text, notes } = options.try === true ? await tried(context, converted, source, options) : converted;
        const { output } = options;
        if (output !== undefined) await writeText(io, output, text, options.force === true);
        for (const note of notes) terminal.warn(`${terminal.style.yellow('note:')} ${printable(note)}`);
        terminal.result({ output: output ?? null, text, notes });
        if (!terminal.json && output === undefined) terminal.raw(text);
        if (output !== undefined) {
          terminal.say(`${output} is written. Next: dray release SERVICE VERSION -f ${output}`);
        }
        return exitCode.done;
      }),
    );
  teach(command, {
    examples: [
      ['dray init -o compose.yaml', 'a commented definition to start from'],
      ['dray init docker-compose.yml -o compose.yaml', 'convert what you have'],
      ['dray init docker-compose.yml --try -o compose.yaml', 'and see what it writes and how its health is told'],
    ],
    notes: [
      'The trial runs every component twice on the local engine, on a network of its own, and removes all of it again: with a writable root to see what is written, then with a read-only one and the folders proposed. Images must be there already (docker pull).',
    ],
    exits: [0, 1, 2, 9, 130],
  });
}

/** The definition with what a trial run led to. */
async function tried(
  context: Context,
  { text, notes }: Converted,
  source: SourceText | null,
  { engine: endpoint, seconds, var: vars }: Options,
): Promise<Converted> {
  if (source === null) throw new UsageError('There is nothing to try out.', 'Name a Compose file to convert.');
  const request = { source: { ...source, text }, vars: { ...vars }, endpoint, runMs: seconds * 1_000 };
  const { proposals, notes: told } = await tryOut(context, request);
  return { text: applyProposals(text, proposals), notes: [...notes, ...told] };
}

function parseSeconds(text: string): number {
  const value = Number(text);
  if (/^\d{1,3}$/.test(text) && value >= 1 && value <= 300) return value;
  throw new InvalidArgumentError('A whole number from 1 to 300.');
}
