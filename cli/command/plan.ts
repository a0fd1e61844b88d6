import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { exitCode } from '../exit-code.ts';
import { renderPlan } from '../render/plan.ts';
import { teach } from '../teach.ts';
import { addWantedOptions, targetArgument, targetHelp, wantedOf, type WantedOptions } from '../wanted.ts';

interface Options extends WantedOptions {
  readonly exitCode?: boolean;
}

/** `dray plan`: the difference between what runs and what is wanted. */
export function addPlan(program: Command, act: Act): void {
  const command = program
    .command('plan')
    .summary('show what a deployment would change')
    .description('Shows what a deployment would change: services, fields, restarts, waves. Changes nothing.')
    .argument(targetArgument, targetHelp);
  addWantedOptions(command)
    .option('--exit-code', 'exit with 12 when there are changes')
    .action((target: string, options: Options) =>
      act(command, async (context) => {
        const { terminal } = context;
        const request = await wantedOf(context, target, options);
        // Going back is no harm in a plan: it is shown, and `dray deploy` asks.
        const plan = await context
          .client()
          .call('plan', { body: { ...request, allowOlder: true }, signal: context.signal });
        terminal.answer(plan, renderPlan(plan, terminal.style, { brief: false }));
        return options.exitCode === true && plan.waves.length > 0 ? exitCode.changes : exitCode.done;
      }),
    );
  teach(command, {
    examples: [
      ['dray plan deploy/prod.yaml', 'the whole of what is to run there'],
      ['dray plan prod --set cart=1.4.3', 'one service at another version'],
      ['dray plan prod.yaml --restart never', 'no service restarts for newer secrets alone'],
      ['dray plan prod.yaml --exit-code', 'in a script: 12 when there are changes'],
    ],
    exits: [0, 2, 3, 9, 11, 12],
  });
}
