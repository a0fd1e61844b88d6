import { Argument, type Command } from 'commander';
import type { Act } from '../act.ts';
import { completionScript, shells, type Shell } from '../completion/script.ts';
import { exitCode } from '../exit-code.ts';
import { teach } from '../teach.ts';

/** `dray completion`: the script that lets a shell complete command lines. */
export function addCompletion(program: Command, act: Act): void {
  const command = program
    .command('completion')
    .summary('print the completion script of a shell')
    .description(
      'Prints the script that lets a shell complete commands, options, and the names of environments, services and deployments of the server.',
    )
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .action((shell: Shell) =>
      act(command, async (context) => {
        context.terminal.raw(await completionScript(shell));
        return exitCode.done;
      }),
    );
  teach(command, {
    examples: [
      ['source <(dray completion bash)', 'in ~/.bashrc'],
      ['source <(dray completion zsh)', 'in ~/.zshrc, after compinit'],
      ['dray completion fish > ~/.config/fish/completions/dray.fish', 'once'],
    ],
    exits: [0, 2],
  });
}
