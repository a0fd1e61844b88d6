import type { Place } from '../document/node.ts';
import type { BuildContext } from './build-context.ts';
import type { Dockerfile, Instruction, Stage } from './instruction.ts';
import type { OrderAdvice } from './order.ts';
import type { WalkedStage } from './steps.ts';

/** How much a finding matters; SARIF's own words. */
export type Severity = 'error' | 'warning' | 'note';

/** What a rule looks at. */
export interface RuleInput {
  readonly dockerfile: Dockerfile;
  readonly walked: readonly WalkedStage[];
  /** Null: nothing is known of it. */
  readonly context: BuildContext | null;
  readonly order: readonly OrderAdvice[];
  /** The stage that becomes the image. */
  readonly last: Stage;
  /** The stages whose layers are in the image: the last, and what it begins from. */
  readonly shipped: readonly WalkedStage[];
}

/** A place where a rule is not kept. */
export interface Breach {
  readonly at: Place;
  readonly message: string;
  /** What to write instead. */
  readonly fix: string | null;
  /** Of the rules of order. */
  readonly order?: OrderAdvice;
}

/** A rule: what it asks for, why, and what finds where it is not kept. */
export interface Rule {
  readonly id: string;
  readonly severity: Severity;
  /** What it finds, as a line for a table. */
  readonly finds: string;
  /** One or two sentences. */
  readonly reason: string;
  readonly find: (input: RuleInput) => readonly Breach[];
}

/** An instruction as a person calls it, cut to a length that fits a line. */
export function called(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 48 ? `${line.slice(0, 47)}…` : line;
}

/** Every instruction of every stage, in order. */
export function instructionsOf(dockerfile: Dockerfile): readonly Instruction[] {
  return dockerfile.stages.flatMap((stage) => [stage.from, ...stage.instructions]);
}
