import { Option, type Command } from 'commander';
import { Fault, isFault } from '../../core/fault.ts';
import type { PlanRequest, PlanView } from '../../wire/plan.ts';
import type { Act } from '../act.ts';
import { confirmOrEnd } from '../ask.ts';
import type { Context } from '../context.ts';
import {
  addWaitOptions,
  asksForOlder,
  finishDeploy,
  planOf,
  sendDeploy,
  servicesOf,
  type WaitOptions,
} from '../deploy.ts';
import type { ExitCode } from '../exit-code.ts';
import { parseKey } from '../option.ts';
import { refuseReceiptsThere } from '../receipt.ts';
import { renderPlan } from '../render/plan.ts';
import { teach } from '../teach.ts';
import { addWantedOptions, targetArgument, targetHelp, wantedOf, type WantedOptions } from '../wanted.ts';

interface Options extends WantedOptions, WaitOptions {
  readonly yes?: boolean;
  readonly idempotencyKey?: string;
  readonly receipt?: string;
}

/** How often a plan is made anew because what runs changed meanwhile. */
const mostPlans = 3;

/** `dray deploy`: brings an environment to what is wanted, and waits. */
export function addDeploy(program: Command, act: Act): void {
  const command = program
    .command('deploy')
    .summary('bring an environment to what is wanted, and wait')
    .description(
      'Brings an environment to what is wanted, wave by wave, and waits until it is verified. What fails is rolled back.',
    )
    .argument(targetArgument, targetHelp);
  addWaitOptions(addWantedOptions(command))
    .option('-y, --yes', 'do not ask, also when a service goes back to an older version')
    .addOption(
      new Option('--idempotency-key <key>', 'the same key is the same deployment, for 7 days').argParser(parseKey),
    )
    .option('--receipt <file>', 'keep the signed proof that it was accepted there, and of its end in FILE.ended')
    .action((target: string, options: Options) =>
      act(command, async (context) => await deploy(context, target, options)),
    );
  teach(command, {
    notes: [
      'Ctrl-C ends only the waiting: the deployment goes on. `dray show ID` shows it, `dray cancel ID` ends it.',
      'With --restart never a service of which only a secret is newer keeps its tasks and the version that they have: an engine gives a task its secrets when it makes it. Whatever restarts all that mounts the secret takes the newest along. `dray secret list` tells who has which version.',
    ],
    examples: [
      ['dray deploy deploy/prod.yaml', 'the whole of what is to run there'],
      ['dray deploy prod --set cart=1.4.3', 'one service at another version'],
      ['dray deploy prod.yaml --restart cart=never', 'cart does not restart for newer secrets alone'],
      ['dray deploy prod.yaml --allow-remove cart', 'cart left the file: it may go'],
      ['dray deploy prod.yaml --no-wait --json', 'in a script that follows it by itself'],
      ['dray deploy prod.yaml --receipt prod.tlog-proof', 'and keep the proof of it'],
    ],
    exits: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 130],
  });
}

async function deploy(context: Context, target: string, options: Options): Promise<ExitCode> {
  if (options.receipt !== undefined) await refuseReceiptsThere(context, options.receipt);
  const wanted = await wantedOf(context, target, options);
  const request: PlanRequest = { ...wanted, allowOlder: options.yes === true ? true : [] };
  if (options.idempotencyKey !== undefined) {
    // A key of the caller's own: the request must be the same each time, so it is bound to no plan.
    const body = { ...request, expectPlan: null };
    return await finishDeploy(context, await sendDeploy(context, body, options.idempotencyKey), options);
  }
  for (let attempt = 1; ; attempt += 1) {
    const { plan, allowOlder } = await planWithConsent(context, request);
    context.terminal.say(renderPlan(plan, context.terminal.style, { brief: true }));
    try {
      const accepted = await sendDeploy(context, { ...request, allowOlder, expectPlan: plan.digest });
      return await finishDeploy(context, accepted, options);
    } catch (thrown) {
      if (!isFault(thrown, 'plan.changed') || attempt === mostPlans) throw thrown;
      context.terminal.warn('What runs changed meanwhile; this is the plan now:');
    }
  }
}

/** Makes the plan; where a service would become older, asks first. */
async function planWithConsent(
  context: Context,
  request: PlanRequest,
): Promise<{ readonly plan: PlanView; readonly allowOlder: PlanRequest['allowOlder'] }> {
  try {
    return { plan: await planOf(context, request), allowOlder: request.allowOlder };
  } catch (thrown) {
    if (!asksForOlder(thrown)) throw thrown;
    if (!context.io.canAsk || context.terminal.json) throw withFlag(thrown);
    await confirmOrEnd(context, `${thrown.message} Go on?`, thrown);
    const services = servicesOf(thrown);
    const allowOlder = services === null ? true : [...services];
    return { plan: await planOf(context, { ...request, allowOlder }), allowOlder };
  }
}

function withFlag(fault: Fault): Fault {
  return new Fault(fault.code, fault.message, {
    facts: fault.facts,
    next: `If that is meant, add --yes. ${fault.next ?? ''}`.trimEnd(),
    cause: fault.cause,
  });
}
