import type { Command } from 'commander';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exitMeaning } from '../cli/exit-code.ts';
import { createProgram } from '../cli/program.ts';

const path = join(import.meta.dirname, '..', 'docs', 'reference', 'cli.md');

/** The reference of the command line: the help of every command, as the command tree has it. */
export function cliReference(): string {
  let help = '';
  const program = createProgram(async () => await Promise.resolve(), '0', {
    writeOut: (text) => void (help += text),
    getOutHelpWidth: () => 100,
    getOutHasColors: () => false,
  });
  const sections = commandsOf(program).map((command) => {
    help = '';
    command.outputHelp();
    return `## ${pathOf(command)}\n\n\`\`\`text\n${help.trimEnd()}\n\`\`\``;
  });
  const exits = Object.entries(exitMeaning).map(([code, meaning]) => `| ${code} | ${meaning} |`);
  return `${[
    '# The command line',
    '',
    'Made by `tool/cli-reference.ts` of the commands themselves; a test keeps it equal. Mend the command, then run',
    '`node tool/cli-reference.ts`.',
    '',
    '## Exit codes',
    '',
    '| code | meaning |',
    '|---:|---|',
    ...exits,
    '',
    ...sections.flatMap((section) => [section, '']),
  ]
    .join('\n')
    .trimEnd()}\n`;
}

function commandsOf(command: Command): readonly Command[] {
  const children = command.createHelp().visibleCommands(command);
  return [command, ...children.filter((child) => child.name() !== 'help').flatMap(commandsOf)];
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

/** The reference as it is committed. */
export async function committedCliReference(): Promise<string> {
  return await readFile(path, 'utf8');
}

if (import.meta.main) await writeFile(path, cliReference());
