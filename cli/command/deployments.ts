import { Option, type Command } from 'commander';
import type { Act } from '../act.ts';
import { exitCode } from '../exit-code.ts';
import { parseName, wholeNumber } from '../option.ts';
import { firstItems } from '../pages.ts';
import { renderDeployments } from '../render/deployment.ts';
import { teach } from '../teach.ts';

interface Options {
  readonly environment?: string;
  readonly limit: number;
}

/** `dray deployments`: what was deployed, and how it ended. */
export function addDeployments(program: Command, act: Act): void {
  const command = program
    .command('deployments')
    .summary('list deployments, newest first')
    .description('Lists deployments with their outcomes, newest first.')
    .option('-e, --environment <environment>', 'only of this environment', parseName)
    .addOption(new Option('-n, --limit <number>', 'at most so many').argParser(wholeNumber(1, 10_000)).default(20))
    .action((options: Options) =>
      act(command, async (context) => {
        const { terminal, io, signal } = context;
        const only = options.environment === undefined ? {} : { environment: options.environment };
        const deployments = await firstItems(options.limit, (page) =>
          context.client().call('listDeployments', { query: { ...only, ...page }, signal }),
        );
        terminal.answer(deployments, renderDeployments(deployments, terminal.style, io.now(), terminal.people.columns));
        return exitCode.done;
      }),
    );
  teach(command, {
    examples: [
      ['dray deployments', 'of all environments'],
      ['dray deployments -e prod --json', 'for a program'],
    ],
    exits: [0, 2, 9, 11],
  });
}
