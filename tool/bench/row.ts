/** The rows of the report, in its order. */
export const rowNames = [
  'accept',
  'accept-each',
  'submit',
  'healthy',
  'no-op',
  'rollback',
  'append',
  'verify',
  'plan',
  'events',
  'paint',
  'start',
] as const;
export type RowName = (typeof rowNames)[number];

/** What a row compares, and what it has to reach. The ratio is Drayage's figure divided by the baseline's. */
export interface RowAbout {
  readonly name: RowName;
  /** What Drayage does. */
  readonly ours: string;
  /** What the baseline does. */
  readonly theirs: string;
  /** Of both figures. */
  readonly unit: 'per second' | 'ms';
  /** `at least` for figures of which more is better. */
  readonly bound: 'at least' | 'at most';
  readonly limit: number;
  /** A better ratio that is hoped for; null: the limit is all that is asked. */
  readonly aim: number | null;
  /** What the limit allows on top of its ratio, in the row's unit. */
  readonly allowance: number;
}

export type Side = 'ours' | 'theirs';

/**
 * Figures of one measurement, by row: some measurements serve two rows. Several figures of a row are as many measurements,
 * made in one go.
 */
export type Figures = Partial<Readonly<Record<RowName, number | readonly number[]>>>;

/** What a measurement needs to know. */
export interface BenchContext {
  /** The folder of this checkout. */
  readonly root: string;
  /** A folder for what one run needs, removed after it. */
  readonly scratch: string;
  /** An untracked folder for what takes long to make and may serve again. */
  readonly kept: string;
  /** Small sizes: only the direction can be told. */
  readonly isShort: boolean;
  /** How many pairs will be measured. */
  readonly pairs: number;
  /** Resolves when nothing else works on this machine, or with false when that does not come about. */
  readonly untilQuiet: () => Promise<boolean>;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** A measurement that is ready to be made, any number of times. */
export interface Bench {
  /** The sizes, and what was asserted, a line each. */
  readonly facts: readonly string[];
  /**
   * Does the work once and asserts that it was done right. Throws an AssertionError when Drayage or the baseline did
   * something else than what is measured.
   */
  measure(side: Side): Promise<Figures>;
  close(): Promise<void>;
}

/** One or two rows that are measured together. */
export interface Scenario {
  readonly rows: readonly RowAbout[];
  /** Needs a private Docker Engine: Linux and root. */
  readonly onEngine: boolean;
  /** One pair is measured beforehand and not counted. */
  readonly warmsUp: boolean;
  /** How often each side is measured for one pair, the sides in turns: its figure is the median. Once in a short run. */
  readonly repetitions: number;
  prepare(context: BenchContext): Promise<Bench>;
}
