import { InvalidArgumentError, type Command } from 'commander';
import type { Act } from '../act.ts';
import { exitCode } from '../exit-code.ts';
import { parseName } from '../option.ts';
import { renderComparison } from '../render/comparison.ts';
import { teach } from '../teach.ts';

/** `dray compare`: in what two environments differ that were not declared to. */
export function addCompare(program: Command, act: Act): void {
  const command = program
    .command('compare')
    .summary('show in what two environments differ')
    .description(
      'Shows in what two environments differ: services, versions, images, files, parameters. Left out is what was ' +
        'declared to differ: parameters that an environment has of its own or from a slice, and the replicas, ports and clusters of a ' +
        'spec. Exits with 1 when they differ in anything else.',
    )
    .argument('<environment>', 'an environment', parseSubject)
    .argument('<other-environment>', 'the one that it is compared with', parseSubject)
    .option('--all', 'also what was declared to differ')
    .action((a: string, b: string, options: { readonly all?: boolean }) =>
      act(command, async (context) => {
        const { terminal, signal } = context;
        const view = await context.client().call('compare', { params: { environment: a, other: b }, signal });
        terminal.answer(view, renderComparison(view, terminal.style, { all: options.all === true }));
        return view.differences.some(({ declared }) => !declared) ? exitCode.failed : exitCode.done;
      }),
    );
  teach(command, {
    examples: [
      ['dray compare dev prod', 'what prod has not, or has otherwise'],
      ['dray compare dev prod --all', 'and what they were declared to differ in'],
      ['dray compare dev prod --json', 'for a program'],
    ],
    exits: [0, 1, 2, 9, 11],
  });
}

/** Releases are told by their @. */
function parseSubject(text: string): string {
  if (text.includes('@')) throw new InvalidArgumentError('Only environments can be compared so far.');
  return parseName(text);
}
