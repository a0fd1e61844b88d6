import type { Command } from 'commander';
import type { EnvironmentView } from '../../wire/environment.ts';
import type { Act } from '../act.ts';
import type { Context } from '../context.ts';
import { exitCode } from '../exit-code.ts';
import { parseName } from '../option.ts';
import { renderStatus } from '../render/environment.ts';
import { teach } from '../teach.ts';

/** `dray status`: what runs where, and how it is doing. */
export function addStatus(program: Command, act: Act): void {
  const command = program
    .command('status')
    .summary('show what runs where, and how it is doing')
    .description(
      'Shows each service of each environment: version, health, running tasks, and when that was last seen. What is not known is called unknown, never fine.',
    )
    .argument('[environment]', 'only this environment', parseName)
    .action((environment: string | undefined) =>
      act(command, async (context) => {
        const { terminal, io } = context;
        await warnOfRecovery(context);
        const names = environment === undefined ? await environmentNames(context) : [environment];
        const views = await readEnvironments(context, names);
        terminal.answer(
          environment === undefined ? views : views[0],
          renderStatus(views, terminal.style, io.now(), terminal.people.columns),
        );
        return exitCode.done;
      }),
    );
  teach(command, {
    examples: [
      ['dray status', 'all environments'],
      ['dray status prod --json', 'one, for a program'],
    ],
    exits: [0, 2, 9, 11],
  });
}

/** All that is shown may be behind what the engines run. */
async function warnOfRecovery(context: Context): Promise<void> {
  const { terminal, signal } = context;
  const { checks } = await context.client().call('ready', { signal });
  const behind = checks['history'] ?? null;
  if (behind !== null) terminal.warn(`${terminal.style.yellow('warning:')} ${behind} See: dray recover`);
}

async function environmentNames(context: Context): Promise<readonly string[]> {
  const page = await context.client().call('listEnvironments', { signal: context.signal });
  return page.items.map((item) => item.name);
}

/** One after the other: a server with many environments is not asked for all at once. */
async function readEnvironments(context: Context, names: readonly string[]): Promise<readonly EnvironmentView[]> {
  const views: EnvironmentView[] = [];
  for (const environment of names) {
    views.push(await context.client().call('getEnvironment', { params: { environment }, signal: context.signal }));
  }
  return views;
}
