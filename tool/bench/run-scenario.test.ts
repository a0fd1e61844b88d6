import assert from 'node:assert/strict';
import { test } from 'node:test';
import { untilQuiet } from '../../bench/support/quiet.ts';
import { repetitionsOf } from './judge.ts';
import type { BenchContext, Figures, RowAbout, Scenario, Side } from './row.ts';
import { runScenario } from './run-scenario.ts';

const about: RowAbout = {
  name: 'plan',
  ours: 'it plans',
  theirs: 'it hashes',
  unit: 'ms',
  bound: 'at most',
  limit: 2,
  aim: null,
  allowance: 0,
};

function contextOf(change: Partial<BenchContext> = {}): BenchContext {
  const folders = { root: '/nowhere', scratch: '/nowhere', kept: '/nowhere' };
  const { signal } = new AbortController();
  const untilQuiet = async () => await Promise.resolve(true);
  return { ...folders, isShort: false, pairs: 2, untilQuiet, signal, say: () => {}, ...change };
}

/** A scenario whose measurements are told their number, from 1 on. */
function scenarioOf(change: Partial<Scenario>, figuresOf: (number: number, side: Side) => Figures): Scenario {
  let number = 0;
  const measure = async (side: Side) => await Promise.resolve(figuresOf((number += 1), side));
  return {
    rows: [about],
    onEngine: false,
    warmsUp: false,
    repetitions: 1,
    prepare: async () => await Promise.resolve({ facts: [], measure, close: async () => await Promise.resolve() }),
    ...change,
  };
}

async function pairsOf(scenario: Scenario, context = contextOf()) {
  const { ends } = await runScenario(scenario, null, context);
  const end = ends.get('plan');
  assert.equal(end?.kind, 'measured', JSON.stringify(end));
  return end.pairs;
}

test('the sides take turns within a pair, each begins as often as the other, and a figure is the median of its repetitions', async () => {
  const pairs = await pairsOf(scenarioOf({ repetitions: 3 }, (number) => ({ plan: number })));
  assert.deepEqual(pairs, [
    { first: 'ours', ours: 4, theirs: 3, each: { ours: [1, 4, 5], theirs: [2, 3, 6] } },
    { first: 'theirs', ours: 9, theirs: 10, each: { ours: [8, 9, 12], theirs: [7, 10, 11] } },
  ]);
  assert.equal(repetitionsOf(pairs), 3);
});

test('one measurement that is far off does not make the figure, and is kept all the same', async () => {
  const scenario = scenarioOf({ repetitions: 3 }, (number) => ({ plan: number === 4 ? 9_000 : 10 }));
  const [first] = await pairsOf(scenario, contextOf({ pairs: 1 }));
  assert.deepEqual(first, {
    first: 'ours',
    ours: 10,
    theirs: 10,
    each: { ours: [10, 9_000, 10], theirs: [10, 10, 10] },
  });
});

test('a measurement may give several figures, and all of them count', async () => {
  const scenario = scenarioOf({ repetitions: 2 }, (number) => ({ plan: [number, 100] }));
  const [first] = await pairsOf(scenario, contextOf({ pairs: 1 }));
  assert.deepEqual(first?.each, { ours: [1, 100, 4, 100], theirs: [2, 100, 3, 100] });
  assert.deepEqual([first?.ours, first?.theirs], [52, 51.5]);
});

test('a short run repeats nothing', async () => {
  const scenario = scenarioOf({ repetitions: 7, warmsUp: true }, (number) => ({ plan: number }));
  const pairs = await pairsOf(scenario, contextOf({ isShort: true }));
  assert.deepEqual(pairs, [
    { first: 'ours', ours: 1, theirs: 2, each: { ours: [1], theirs: [2] } },
    { first: 'theirs', ours: 4, theirs: 3, each: { ours: [4], theirs: [3] } },
  ]);
});

test('work that was done wrongly in any repetition is the end of its row', async () => {
  const scenario = scenarioOf({ repetitions: 3 }, (number) => {
    assert.ok(number < 6, 'the last repetition did something else');
    return { plan: 1 };
  });
  const { ends } = await runScenario(scenario, null, contextOf({ pairs: 1 }));
  assert.deepEqual(ends.get('plan'), { kind: 'wrong', reason: 'the last repetition did something else' });
});

test('the facts tell how often a measurement began although the machine was not quiet', async () => {
  const answers = [true, false, true, false];
  const untilQuiet = async () => await Promise.resolve(answers.shift() ?? true);
  const scenario = scenarioOf({}, () => ({ plan: 1 }));
  const { facts } = await runScenario(scenario, null, contextOf({ untilQuiet }));
  assert.deepEqual(facts, ['before 2 of 4 measurements the processors did not come to rest in time']);
});

test('a machine is quiet once its processors rest, and what never rests is not waited for without end', async () => {
  const limits = { busyMost: 0.1, windowMs: 1, limitMs: 5 };
  /** Processors of which so much of each window is taken, one window after the other. */
  const machine = (busy: readonly number[]) => {
    let at = 0;
    let busyMs = 0;
    return () => {
      const times = { busyMs, allMs: at * 100 };
      busyMs += busy[at] ?? 100;
      at += 1;
      return times;
    };
  };
  const { signal } = new AbortController();
  assert.equal(await untilQuiet(limits, signal, machine([90, 60, 10])), true);
  assert.equal(await untilQuiet(limits, signal, machine([11, 11, 11, 11, 11, 0])), false);
});
