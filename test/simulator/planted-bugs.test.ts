import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLaboratory } from '../../tool/simulate/run.ts';
import { copySources, type AlteredCopy } from './support/altered-copy.ts';
import { plantedBugs, type PlantedBug } from './support/planted-bugs.ts';

/** Copies of the sources that are altered and run at the same time. */
const copiesAtOnce = 2;

async function findingOf(copy: AlteredCopy, bug: PlantedBug): Promise<string> {
  const undo = copy.plant(bug);
  try {
    const { exitCode, output } = await copy.simulate(bug.seed, bug.within);
    const violated = /^VIOLATED (.*?): /m.exec(output)?.[1] ?? null;
    const seed = /^Seed (\d+) shows it/m.exec(output)?.[1] ?? null;
    const isFound = exitCode === 1 && violated !== null && seed !== null;
    assert.ok(isFound, `not found from seed ${bug.seed} within ${bug.within}:\n${output.slice(-2_000)}`);
    return `seed ${seed}: ${violated}`;
  } finally {
    undo();
  }
}

test('every planted bug is found within its seeds', async (t) => {
  const waiting = [...plantedBugs];
  const missed: string[] = [];
  const work = async (): Promise<void> => {
    const copy = copySources();
    try {
      for (let bug = waiting.shift(); bug !== undefined; bug = waiting.shift()) {
        try {
          t.diagnostic(`${bug.name}: ${await findingOf(copy, bug)}`);
        } catch (error) {
          missed.push(`${bug.name}: ${String(error)}`);
        }
      }
    } finally {
      copy.remove();
    }
  };
  await Promise.all(Array.from({ length: copiesAtOnce }, work));
  assert.deepEqual(missed, []);
});

test('without them the same seeds find nothing', async () => {
  const laboratory = createLaboratory();
  try {
    for (const { seed: first, within } of plantedBugs) {
      for (let seed = first; seed < first + within; seed += 1) {
        const { violations } = await laboratory.run(seed);
        assert.deepEqual(violations, [], `seed ${seed}`);
      }
    }
  } finally {
    laboratory.close();
  }
});

test('there are at least twelve planted bugs, and each alters a text that stands in its file once', () => {
  assert.ok(plantedBugs.length >= 12);
  const copy = copySources();
  try {
    for (const bug of plantedBugs) copy.plant(bug)();
    assert.throws(() => copy.plant({ name: 'none', file: 'core/hash.ts', from: 'no such text', to: '' }), /0 times/);
  } finally {
    copy.remove();
  }
});
