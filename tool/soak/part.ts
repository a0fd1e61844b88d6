/** What bin/soak can run, in this order. */
export const partNames = [
  'simulator',
  'kills',
  'rollouts',
  'faults',
  'clusters',
  'secrets',
  'readers',
  'documents',
  'builds',
  'backup',
  'ledger',
  'hosts',
  'pace',
  'answers',
] as const;
export type PartName = (typeof partNames)[number];

/** The parts that measure how far it all reaches, under one name. */
export const scaleParts: readonly PartName[] = ['ledger', 'hosts', 'pace', 'answers'];

/** What came of one part. */
export interface PartEnd {
  readonly passed: boolean;
  /** What was counted, a line each. */
  readonly facts: readonly string[];
  /** What is wrong, a line each; empty when it passed. */
  readonly problems: readonly string[];
}

/** What a part needs to know. */
export interface PartOptions {
  /** The folder of this checkout. */
  readonly root: string;
  /** An untracked folder for what outlives a run. */
  readonly state: string;
  /** What the sources are, so that an interrupted part goes on only with the same ones. */
  readonly sources: string;
  /** How many seeds the simulator runs. */
  readonly seeds: number;
  /** For how long deployments come at their real pace, in minutes. */
  readonly minutes: number;
  /** When the part has to be over, in ms. */
  readonly limitMs: number;
  readonly say: (line: string) => void;
}
