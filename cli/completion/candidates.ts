import type { Argument, Command, Option } from 'commander';

/** What the server can name. */
export type NameKind = 'environment' | 'service' | 'deployment' | 'release';

/** What may stand where the cursor is. */
export interface Candidates {
  readonly words: readonly { readonly word: string; readonly help: string }[];
  /** Names to ask the server for. */
  readonly names: readonly NameKind[];
  readonly files: boolean;
}

const nothing: Candidates = { words: [], names: [], files: false };

/** What an argument's or option's placeholder stands for. */
const placeholders: Readonly<Record<string, Pick<Candidates, 'names' | 'files'>>> = {
  environment: { names: ['environment'], files: false },
  'other-environment': { names: ['environment'], files: false },
  service: { names: ['service'], files: false },
  deployment: { names: ['deployment'], files: false },
  release: { names: ['release'], files: false },
  'service=version': { names: ['service'], files: false },
  'file-or-environment': { names: ['environment'], files: true },
  'release-deployment-or-environment': { names: ['release', 'deployment', 'environment'], files: false },
  file: { names: [], files: true },
  dockerfile: { names: [], files: true },
  path: { names: [], files: true },
  folder: { names: [], files: true },
};

/** What may follow on a command line. `words` are those after `dray`; the last is the one to complete. */
export function candidatesFor(program: Command, words: readonly string[]): Candidates {
  const current = words.at(-1) ?? '';
  let command = program;
  let operands = 0;
  let pending: Option | null = null;
  let optionsEnded = false;
  for (const word of words.slice(0, -1)) {
    if (pending !== null) pending = null;
    else if (word === '--') optionsEnded = true;
    else if (!optionsEnded && word.startsWith('-')) pending = optionAwaitingValue(command, word);
    else {
      const child = operands === 0 ? command.commands.find((one) => one.name() === word) : undefined;
      if (child === undefined) operands += 1;
      else command = child;
    }
  }
  if (pending !== null) return starting(current, valuesOf(pending.argChoices, placeholderOf(pending)));
  if (!optionsEnded && current.startsWith('-')) return starting(current, optionWords(command));
  if (operands === 0 && command.commands.length > 0) return starting(current, commandWords(command));
  const { registeredArguments } = command;
  const last = registeredArguments.at(-1);
  const argument = registeredArguments[operands] ?? (last?.variadic === true ? last : undefined);
  return argument === undefined ? nothing : starting(current, valuesOf(argument.argChoices, argument.name()));
}

function optionAwaitingValue(command: Command, word: string): Option | null {
  if (word.includes('=')) return null;
  const found = optionsOf(command).find((option) => option.short === word || option.long === word);
  return found?.required === true ? found : null;
}

/** The command's own options and those of its parents. */
function optionsOf(command: Command): readonly Option[] {
  const own = command.options.filter((option) => !option.hidden);
  return command.parent === null ? own : [...own, ...optionsOf(command.parent)];
}

function optionWords(command: Command): Candidates {
  const options = optionsOf(command).map((option) => ({
    word: option.long ?? option.short ?? '',
    help: option.description,
  }));
  return { ...nothing, words: [...options, { word: '--help', help: 'show help' }] };
}

function commandWords(command: Command): Candidates {
  const words = command
    .createHelp()
    .visibleCommands(command)
    .map((child) => ({ word: child.name(), help: child.summary() || child.description() }));
  return { ...nothing, words };
}

function valuesOf(choices: Argument['argChoices'], placeholder: string): Candidates {
  if (choices !== undefined) return { ...nothing, words: choices.map((word) => ({ word, help: '' })) };
  return { ...nothing, ...placeholders[placeholder] };
}

function placeholderOf(option: Option): string {
  return /[<[]([^>\]]+)[>\]]/.exec(option.flags)?.[1]?.replace(/\.{3}$/, '') ?? '';
}

function starting(current: string, candidates: Candidates): Candidates {
  return { ...candidates, words: candidates.words.filter(({ word }) => word.startsWith(current)) };
}
