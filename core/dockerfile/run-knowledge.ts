import { resolvePath, type ImagePath } from './image-path.ts';
import { isNeutral, recogniseInstall, type Install } from './install.ts';
import type { CommandForm, Heredoc } from './instruction.ts';
import { argumentsOf, programOf, readScript, type Script, type ShellCommand } from './shell.ts';

/** A command of a RUN with what is known of it. */
export interface KnownCommand {
  readonly command: ShellCommand;
  /** The folder that it runs in. */
  readonly folder: ImagePath;
  readonly install: Install | null;
}

/** What is known of a RUN. */
export interface RunKnowledge {
  readonly commands: readonly KnownCommand[];
  /** Every command is known, so that it is known what the RUN reads and writes. */
  readonly understood: boolean;
}

/** The script that a command comes to, with the here-documents that it is fed by. */
export function scriptOf(command: CommandForm, heredocs: readonly Heredoc[]): Script {
  if (command.form === 'shell') return shellScript(command.text, heredocs);
  const [program = '', option = '', script] = command.words;
  if (/(?:^|\/)(?:ba|da|a)?sh$/.test(program) && /^-\w*c$/.test(option) && script !== undefined)
    return readScript(script);
  const words = command.words.map((text) => ({ text, computed: false }));
  return { commands: [{ words, redirected: false }], branching: false };
}

function shellScript(text: string, heredocs: readonly Heredoc[]): Script {
  const [first, ...more] = heredocs;
  if (first === undefined) return readScript(text);
  const around = text
    .slice(0, 200)
    .replace(/<<-?["']?[^\s"']+["']?/, '')
    .trim();
  const isFed = /^(?:(?:\/usr)?(?:\/bin\/)?(?:ba|da|a)?sh(?: -\w+)*)?$/.test(around);
  const isShell = !first.content.startsWith('#!') || /^#!.*\b(?:ba|da|a)?sh\b/.test(first.content.slice(0, 100));
  if (isFed && isShell && more.length === 0) return readScript(first.content);
  return { ...readScript(text.replaceAll(/<<\S+/g, '')), branching: true };
}

/** Reads what a RUN does, from the folder that it begins in. */
export function readRun(command: CommandForm, heredocs: readonly Heredoc[], folder: ImagePath): RunKnowledge {
  const script = scriptOf(command, heredocs);
  const commands: KnownCommand[] = [];
  let current = folder;
  let understood = !script.branching;
  for (const one of script.commands) {
    if (one.redirected || one.words.some((word) => word.computed)) understood = false;
    const program = programOf(one);
    if (program === 'cd') current = resolvePath(current, argumentsOf(one)[0] ?? '~');
    const install = recogniseInstall(one);
    if (install === null && program !== 'cd' && !isNeutral(one)) understood = false;
    if (install?.kind === 'project') understood = false;
    commands.push({ command: one, folder: current, install });
  }
  return { commands, understood };
}
