import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { exitCode } from '../exit-code.ts';
import { teach } from '../teach.ts';

/** `dray sign-in`: a link that opens the dashboard. */
export function addSignIn(program: Command, act: Act): void {
  const command = program
    .command('sign-in')
    .summary('make a link that signs a browser in')
    .description(
      'Makes a link that opens the dashboard, signed in as whoever holds the token. It works once, within 15 minutes; the browser then stays signed in for 12 hours, and no longer than the token lives. Standard output is the link alone.',
    )
    .action(() =>
      act(command, async (context) => {
        const { terminal, signal } = context;
        const link = await context.client().call('createSignInLink', { signal });
        terminal.result(link);
        terminal.warn('Open this link in a browser. It signs in once, within 15 minutes: give it to nobody.');
        if (!terminal.json) terminal.raw(`${link.url}\n`);
        return exitCode.done;
      }),
    );
  teach(command, {
    examples: [
      ['dray sign-in', 'prints the link'],
      ['xdg-open "$(dray sign-in)"', 'opens it at once'],
    ],
    exits: [0, 9, 11],
  });
}
