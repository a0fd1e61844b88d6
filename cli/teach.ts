import type { Command } from 'commander';
import { exitMeaning, type ExitCode } from './exit-code.ts';

/** What the help of a command says below its options. */
export interface Lesson {
  /** Paragraphs, before the examples. */
  readonly notes?: readonly string[];
  /** Command lines with what they are for. */
  readonly examples: readonly (readonly [line: string, purpose: string])[];
  readonly exits: readonly ExitCode[];
}

/** Adds a lesson to a command's help. */
export function teach(command: Command, lesson: Lesson): void {
  const longest = Math.max(...lesson.examples.map(([line]) => line.length));
  const examples = lesson.examples.map(([line, purpose]) => `  ${line.padEnd(longest)}  # ${purpose}`);
  const exits = lesson.exits.map((code) => `  ${String(code).padStart(3)}  ${exitMeaning[code]}`);
  const notes = (lesson.notes ?? []).map((note) => `\n${note}`);
  command.addHelpText('after', [...notes, '\nExamples:', ...examples, '\nExit codes:', ...exits].join('\n'));
}
