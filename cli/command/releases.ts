import { Option, type Command } from 'commander';
import type { Act } from '../act.ts';
import { exitCode } from '../exit-code.ts';
import { parseName, wholeNumber } from '../option.ts';
import { firstItems } from '../pages.ts';
import { renderReleases } from '../render/release.ts';
import { teach } from '../teach.ts';

/** `dray releases`: what was registered. */
export function addReleases(program: Command, act: Act): void {
  const command = program
    .command('releases')
    .summary('list releases, newest first')
    .description('Lists releases, newest first.')
    .argument('[service]', 'only of this service', parseName)
    .addOption(new Option('-n, --limit <number>', 'at most so many').argParser(wholeNumber(1, 10_000)).default(50))
    .action((service: string | undefined, options: { readonly limit: number }) =>
      act(command, async (context) => {
        const { terminal, io, signal } = context;
        const only = service === undefined ? {} : { service };
        const releases = await firstItems(options.limit, (page) =>
          context.client().call('listReleases', { query: { ...only, ...page }, signal }),
        );
        terminal.answer(releases, renderReleases(releases, terminal.style, io.now(), terminal.people.columns));
        return exitCode.done;
      }),
    );
  teach(command, {
    examples: [
      ['dray releases', 'of all services'],
      ['dray releases cart -n 5', 'the newest five of cart'],
    ],
    exits: [0, 2, 9, 11],
  });
}
