import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createLaboratory, type Report } from '../../tool/simulate/run.ts';
import { chaosKinds } from '../../tool/simulate/trouble.ts';

/** Seeds that are always run, from 1; and how many more that nobody has run before. */
const fixedSeeds = 120;
const freshSeeds = 5;

const laboratory = createLaboratory();
after(() => laboratory.close());

function checkProperties({ seed, violations, lines }: Report): void {
  const at = lines.findIndex((line) => line.includes(' VIOLATION '));
  const tail = lines.slice(Math.max(0, at - 40), at + 1).join('\n');
  assert.deepEqual(violations, [], `seed ${seed}: bin/simulate --seed ${seed} --trace\n${tail}`);
}

test('the same seed gives the same trace, in whatever order seeds are run', async () => {
  const before = await laboratory.run(6);
  const other = await laboratory.run(7);
  const again = await laboratory.run(6);
  assert.equal(again.digest, before.digest);
  assert.deepEqual(again.lines, before.lines);
  assert.notEqual(other.digest, before.digest);
});

test(`all properties hold on ${fixedSeeds} fixed seeds, which reach every outcome, chaos and phase`, async (t) => {
  const totals = new Map<string, number>();
  for (let seed = 1; seed <= fixedSeeds; seed += 1) {
    const report = await laboratory.run(seed);
    checkProperties(report);
    for (const [what, times] of report.counts) totals.set(what, (totals.get(what) ?? 0) + times);
  }
  const outcomes = ['succeeded', 'failed', 'rolled-back', 'rollback-failed', 'cancelled', 'refused', 'superseded'];
  const faults = ['delayed', 'lost', 'repeated', 'failed', 'stale', 'incomplete'];
  const expected = [
    ...outcomes.map((outcome) => `outcome ${outcome}`),
    ...chaosKinds.map((kind) => `chaos ${kind}`),
    ...faults.map((fault) => `fault ${fault}`),
    ...['queued', 'advancing', 'reverting'].map((phase) => `killed while ${phase}`),
    ...['lost', 'kept', 'torn'].map((fate) => `commit ${fate}`),
    ...['deploy', 'document', 'rollback', 'cancel'].map((task) => `client ${task}`),
    'deploy joined',
    'asked again',
    'client rotate key',
    'receipt given',
    ...['before', 'after'].map((when) => `killed ${when} publishing a checkpoint`),
    ...['checkpoint', 'engine'].map((by) => `restored, told by ${by}`),
    'killed while recovering',
  ];
  const missing = expected.filter((what) => !totals.has(what));
  t.diagnostic([...totals].map(([what, times]) => `${what}: ${times}`).join(', '));
  assert.deepEqual(missing, [], 'the seeds never reach it');
});

test(`all properties hold on ${freshSeeds} seeds that nobody has run before`, async (t) => {
  const first = Math.floor(Math.random() * 1_000_000_000);
  t.diagnostic(`from seed ${first}`);
  for (let seed = first; seed < first + freshSeeds; seed += 1) checkProperties(await laboratory.run(seed));
});
