import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { exitCode } from '../exit-code.ts';
import { renderVariety } from '../render/variety.ts';
import { teach } from '../teach.ts';

/** `dray variety`: base images, languages and frameworks in use against the allowed list. */
export function addVariety(program: Command, act: Act): void {
  const command = program
    .command('variety')
    .summary('base images, languages and frameworks in use')
    .description(
      'Shows the base images, languages and frameworks of all that the environments are to run, against the lists of the Platform document. Exits with 1 when something is not on its list.',
    )
    .action(() =>
      act(command, async (context) => {
        const { terminal, io, signal } = context;
        const view = await context.client().call('variety', { signal });
        terminal.answer(view, renderVariety(view, terminal.style, io.now()));
        return view.items.some(({ allowed }) => allowed === false) ? exitCode.failed : exitCode.done;
      }),
    );
  teach(command, {
    notes: [
      'A base image is the nearest ancestor of an image; languages follow from the packages of its newest SBOM and from the program that starts it, frameworks from the packages that are known to be one. What no evidence tells is said to be not known.',
      'The lists stand in the Platform document: variety: { bases: [...], languages: [...], frameworks: [...] }; a name may end in *.',
    ],
    examples: [
      ['dray variety', 'everything, and what is not known'],
      ['dray variety --json', 'for a program'],
    ],
    exits: [0, 1, 2, 9, 11],
  });
}
