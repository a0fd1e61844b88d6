import { Option, type Command } from 'commander';
import type { WireLogLine } from '../../wire/environment.ts';
import type { Act } from '../act.ts';
import { exitCode } from '../exit-code.ts';
import { parseName, wholeNumber } from '../option.ts';
import { printableLine, type Paint, type Style } from '../style.ts';
import { teach } from '../teach.ts';
import { timeOfDay, withIsoTimes } from '../time.ts';

interface Options {
  readonly follow?: boolean;
  readonly tail: number;
  readonly component?: string;
  readonly cluster?: string;
}

/** `dray logs`: lines of all tasks of a service. */
export function addLogs(program: Command, act: Act): void {
  const command = program
    .command('logs')
    .summary('show the log lines of all tasks of a service')
    .description('Shows the log lines of all tasks of a service, each with its task and node.')
    .argument('<environment>', 'the environment', parseName)
    .argument('<service>', 'the service', parseName)
    .option('-f, --follow', 'go on with new lines until Ctrl-C')
    .addOption(
      new Option('-n, --tail <number>', 'begin with so many lines').argParser(wholeNumber(0, 10_000)).default(100),
    )
    .option('--component <component>', 'only of this component', parseName)
    .option('--cluster <cluster>', 'only on this cluster', parseName)
    .action((environment: string, service: string, options: Options) =>
      act(command, async (context) => {
        const { terminal, signal } = context;
        const { component, cluster, tail } = options;
        const query = {
          service,
          tail,
          follow: options.follow === true ? 'true' : 'false',
          ...(component === undefined ? {} : { component }),
          ...(cluster === undefined ? {} : { cluster }),
        };
        const paintOf = taskPaints(terminal.style);
        const colors = terminal.style.bold('x') !== 'x';
        for await (const line of context.client().logs({ params: { environment }, query, signal })) {
          terminal.raw(
            terminal.json
              ? `${JSON.stringify(withIsoTimes(line))}\n`
              : `${renderLine(line, paintOf, terminal.style, colors)}\n`,
          );
        }
        return exitCode.done;
      }),
    );
  teach(command, {
    notes: ['With --json each line is a JSON document of its own.'],
    examples: [
      ['dray logs prod cart', 'the newest 100 lines'],
      ['dray logs prod cart -f --tail 0', 'only what comes from now on'],
      ['dray logs prod cart --component db', 'one component of the service'],
    ],
    exits: [0, 1, 2, 9, 11, 130],
  });
}

/** One log line for people: time, task, node, text. */
export function renderLine(line: WireLogLine, paintOf: (task: string) => Paint, style: Style, colors: boolean): string {
  const time = line.timeMs === null ? '' : `${style.dim(timeOfDay(line.timeMs))} `;
  const where = line.node === null ? line.task : `${line.task}@${line.node}`;
  const mark = line.stream === 'stderr' ? style.red('!') : style.dim('|');
  return `${time}${paintOf(line.task)(where)} ${mark} ${printableLine(line.text, colors)}`;
}

/** Each task keeps a colour; colours begin again after the third. Remembers at most 1000 tasks. */
export function taskPaints(style: Style): (task: string) => Paint {
  const paints = [style.cyan, style.yellow, style.green];
  const known = new Map<string, Paint>();
  return (task) => {
    const found = known.get(task) ?? paints[known.size % paints.length] ?? style.bold;
    if (known.size < 1000) known.set(task, found);
    return found;
  };
}
