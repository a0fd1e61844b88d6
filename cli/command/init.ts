import type { Command } from 'commander';
import { convertCompose } from '../../core/compose/convert.ts';
import type { Act } from '../act.ts';
import { exitCode } from '../exit-code.ts';
import { readSource, writeText } from '../file.ts';
import { printable } from '../style.ts';
import { teach } from '../teach.ts';

interface Options {
  readonly output?: string;
  readonly force?: boolean;
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
    .action((compose: string | undefined, options: Options) =>
      act(command, async (context) => {
        const { terminal, io } = context;
        const source = compose === undefined ? null : await readSource(io, compose);
        const { text, notes } = convertCompose(source);
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
    ],
    exits: [0, 2],
  });
}
