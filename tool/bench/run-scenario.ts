import { AssertionError } from 'node:assert';
import { loadavg } from 'node:os';
import { orderOf, ratioOf, type Pair } from './judge.ts';
import type { RowEnd } from './record.ts';
import type { Bench, BenchContext, Figures, RowAbout, RowName, Scenario } from './row.ts';

/** What came of the rows of one scenario. */
export interface ScenarioEnd {
  readonly ends: ReadonlyMap<RowName, RowEnd>;
  readonly facts: readonly string[];
  readonly durationMs: number;
  readonly loadBefore: number;
}

/**
 * Measures the pairs of a scenario in ABBA order, unless there is an obstacle. What fails is the rows' end, and no
 * exception; but for the signal's.
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
    for (let index = 0; index < context.pairs; index += 1) {
      context.signal.throwIfAborted();
      takePair(scenario, await measurePair(bench, index), { index, pairs, say: context.say });
    }
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

type Measured = Pick<Pair, 'first'> & Readonly<Record<'ours' | 'theirs', Figures>>;

async function measurePair(bench: Bench, index: number): Promise<Measured> {
  const [first, second] = orderOf(index);
  const firstFigures = await bench.measure(first);
  const secondFigures = await bench.measure(second);
  return first === 'ours'
    ? { first, ours: firstFigures, theirs: secondFigures }
    : { first, ours: secondFigures, theirs: firstFigures };
}

function takePair(
  { rows }: Scenario,
  { first, ...figures }: Measured,
  of: {
    readonly index: number;
    readonly pairs: ReadonlyMap<RowName, Pair[]>;
    readonly say: (line: string) => void;
  },
): void {
  for (const about of rows) {
    const ours = figures.ours[about.name];
    const theirs = figures.theirs[about.name];
    if (ours === undefined || theirs === undefined) throw new Error(`no figure of the row ${about.name} was measured`);
    const pair = { first, ours, theirs };
    of.pairs.get(about.name)?.push(pair);
    of.say(pairLine(about, of.index, pair));
  }
}

function pairLine(about: RowAbout, index: number, pair: Pair): string {
  const figure = (value: number) => value.toFixed(1).padStart(10);
  const order = pair.first === 'ours' ? 'AB' : 'BA';
  const ratio = ratioOf(pair).toFixed(3);
  return `${about.name} ${String(index + 1).padStart(2)} ${order} ${figure(pair.ours)} ${figure(pair.theirs)} ${about.unit}: ${ratio}x`;
}
