import { AssertionError } from 'node:assert';
import { loadavg } from 'node:os';
import { median, orderOf, ratioOf, type Pair } from './judge.ts';
import type { RowEnd } from './record.ts';
import type { Bench, BenchContext, Figures, RowAbout, RowName, Scenario, Side } from './row.ts';

/** What came of the rows of one scenario. */
export interface ScenarioEnd {
  readonly ends: ReadonlyMap<RowName, RowEnd>;
  readonly facts: readonly string[];
  readonly durationMs: number;
  readonly loadBefore: number;
}

/**
 * Measures the pairs of a scenario in ABBA order, unless there is an obstacle; within a pair the sides take turns in the
 * same order as often as the scenario repeats. What fails is the rows' end, and no exception; but for the signal's.
 */
export async function runScenario(
  scenario: Scenario,
  obstacle: string | null,
  context: BenchContext,
): Promise<ScenarioEnd> {
  const beganMs = performance.now();
  const [loadBefore = 0] = loadavg();
  const facts: string[] = [];
  const pairs = new Map<RowName, Pair[]>(scenario.rows.map(({ name }) => [name, []]));
  const finish = (endOf: (name: RowName) => RowEnd): ScenarioEnd => ({
    ends: new Map(scenario.rows.map(({ name }) => [name, endOf(name)])),
    facts,
    durationMs: performance.now() - beganMs,
    loadBefore,
  });
  if (obstacle !== null) return finish(() => ({ kind: 'not-run', reason: obstacle }));
  let bench: Bench | null = null;
  try {
    bench = await scenario.prepare(context);
    facts.push(...bench.facts);
    if (scenario.warmsUp && !context.isShort) for (const side of orderOf(0)) await bench.measure(side);
    const repetitions = context.isShort ? 1 : scenario.repetitions;
    const { measure, describe } = measureWhenQuiet(bench, context);
    for (let index = 0; index < context.pairs; index += 1)
      takePair(scenario, await measurePair(measure, index, repetitions), { index, pairs, say: context.say });
    facts.push(...describe());
    return finish((name) => ({ kind: 'measured', pairs: pairs.get(name) ?? [] }));
  } catch (error) {
    context.signal.throwIfAborted();
    const kind = error instanceof AssertionError ? 'wrong' : 'not-run';
    const reason = (error instanceof Error ? error.message : String(error)).replaceAll(context.root, '.');
    return finish(() => ({ kind, reason }));
  } finally {
    await bench?.close();
  }
}

type Measure = Bench['measure'];

/** Measures once the machine is quiet, and knows how often it was not. */
function measureWhenQuiet(
  bench: Bench,
  { untilQuiet, signal }: BenchContext,
): { readonly measure: Measure; readonly describe: () => readonly string[] } {
  let measurements = 0;
  let loud = 0;
  return {
    measure: async (side) => {
      signal.throwIfAborted();
      measurements += 1;
      if (!(await untilQuiet())) loud += 1;
      return await bench.measure(side);
    },
    describe: () =>
      loud === 0 ? [] : [`before ${loud} of ${measurements} measurements the processors did not come to rest in time`],
  };
}

type Measured = Pick<Pair, 'first'> & Readonly<Record<Side, readonly Figures[]>>;

/** The sides take turns: AB, BA, AB for a pair that begins with A. */
async function measurePair(measure: Measure, index: number, repetitions: number): Promise<Measured> {
  const taken: Record<Side, Figures[]> = { ours: [], theirs: [] };
  for (let turn = 0; turn < repetitions; turn += 1)
    for (const side of orderOf(index + turn)) taken[side].push(await measure(side));
  return { first: orderOf(index)[0], ...taken };
}

function takePair(
  { rows }: Scenario,
  { first, ...taken }: Measured,
  of: {
    readonly index: number;
    readonly pairs: ReadonlyMap<RowName, Pair[]>;
    readonly say: (line: string) => void;
  },
): void {
  for (const about of rows) {
    const each = { ours: valuesOf(about.name, taken.ours), theirs: valuesOf(about.name, taken.theirs) };
    const pair = { first, ours: median(each.ours), theirs: median(each.theirs), each };
    of.pairs.get(about.name)?.push(pair);
    of.say(pairLine(about, of.index, pair));
  }
}

function valuesOf(row: RowName, measurements: readonly Figures[]): number[] {
  return measurements.flatMap((figures) => {
    const value = figures[row];
    if (value === undefined) throw new Error(`no figure of the row ${row} was measured`);
    return value;
  });
}

function pairLine(about: RowAbout, index: number, pair: Pair): string {
  const figure = (value: number) => value.toFixed(1).padStart(10);
  const order = pair.first === 'ours' ? 'AB' : 'BA';
  const ratio = ratioOf(pair).toFixed(3);
  return `${about.name} ${String(index + 1).padStart(2)} ${order} ${figure(pair.ours)} ${figure(pair.theirs)} ${about.unit}: ${ratio}x`;
}
