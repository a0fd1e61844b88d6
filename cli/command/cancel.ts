import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { addWaitOptions, type WaitOptions } from '../deploy.ts';
import { exitCode } from '../exit-code.ts';
import { teach } from '../teach.ts';
import { waitForDeployment } from '../wait.ts';

interface Options extends WaitOptions {
  readonly leave?: boolean;
}

/** `dray cancel`: ends a deployment that waits or is under way. */
export function addCancel(program: Command, act: Act): void {
  const command = program
    .command('cancel')
    .summary('end a deployment that waits or is under way')
    .description('Ends a deployment that waits or is under way. What it changed is rolled back, unless you leave it.')
    .argument('<deployment>', 'the deployment')
    .option('--leave', 'leave what it changed as it is');
  addWaitOptions(command).action((deployment: string, options: Options) =>
    act(command, async (context) => {
      const { terminal } = context;
      const body = { leave: options.leave === true };
      const view = await context
        .client()
        .call('cancelDeployment', { params: { deployment }, body, signal: context.signal });
      terminal.say(`Cancel of ${terminal.style.bold(deployment)} is requested.`);
      if (!options.wait) {
        terminal.result(view);
        return exitCode.done;
      }
      const code = await waitForDeployment(context, deployment, options.timeout);
      // Ended as cancelled is what was asked for here.
      return code === exitCode.cancelled ? exitCode.done : code;
    }),
  );
  teach(command, {
    examples: [
      ['dray cancel d-12', 'end it and roll back'],
      ['dray cancel d-12 --leave', 'end it and leave what it changed'],
    ],
    exits: [0, 1, 2, 3, 4, 5, 8, 9, 11, 130],
  });
}
