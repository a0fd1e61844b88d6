import type { Command } from 'commander';
import type { PlanRequest } from '../../wire/plan.ts';
import type { Act } from '../act.ts';
import { confirmOrEnd } from '../ask.ts';
import type { Context } from '../context.ts';
import { addWaitOptions, finishDeploy, planOf, sendDeploy, type WaitOptions } from '../deploy.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import { Interrupted, UsageError } from '../failure.ts';
import { addName, parseName } from '../option.ts';
import { renderPlan } from '../render/plan.ts';
import { teach } from '../teach.ts';

interface Options extends WaitOptions {
  readonly to?: string;
  readonly yes?: boolean;
  readonly allowRemove?: readonly string[];
}

/** `dray rollback`: back to what an environment was to run before. */
export function addRollback(program: Command, act: Act): void {
  const command = program
    .command('rollback')
    .summary('go back to what ran before')
    .description(
      'Takes an environment back to what it was to run before its newest revision, or after a deployment that you name. Shows the plan and asks first.',
    )
    .argument('<environment>', 'the environment', parseName)
    .option('--to <deployment>', 'to what it was to run after this deployment')
    .option('--allow-remove <service>', 'this service may be removed; may be repeated', addName)
    .option('-y, --yes', 'do not ask');
  addWaitOptions(command).action((environment: string, options: Options) =>
    act(command, async (context) => await rollback(context, environment, options)),
  );
  teach(command, {
    notes: ['A rollback is a deployment like any other: it is planned, verified, and on the ledger. Volumes stay.'],
    examples: [
      ['dray rollback prod', 'undo the newest change, after a look at the plan'],
      ['dray rollback prod --to d-12 --yes', 'in a script: back to what ran after d-12'],
    ],
    exits: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 130],
  });
}

async function rollback(context: Context, environment: string, options: Options): Promise<ExitCode> {
  const { terminal, io } = context;
  const request: PlanRequest = {
    wanted: { kind: 'rollback', environment, to: options.to ?? null },
    allowRemove: [...(options.allowRemove ?? [])],
    allowOlder: true,
  };
  const mayAsk = io.canAsk && !terminal.json;
  if (options.yes !== true && !mayAsk) {
    throw new UsageError('There is no terminal to ask on.', 'Look at the plan on a terminal, or add --yes.');
  }
  const plan = await planOf(context, request);
  terminal.say(renderPlan(plan, terminal.style, { brief: false }));
  if (plan.waves.length > 0 && options.yes !== true) {
    const refusal = new Interrupted(exitCode.cancelled, 'nothing was changed');
    await confirmOrEnd(context, `Roll ${environment} back as shown?`, refusal);
  }
  const accepted = await sendDeploy(context, { ...request, expectPlan: plan.digest });
  return await finishDeploy(context, accepted, options);
}
