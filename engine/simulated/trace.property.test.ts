import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createAgenda } from './agenda.ts';
import type { FaultChoice } from './faults.ts';
import type { Inspection } from './inspection.ts';
import { createRandom } from './random.ts';
import { createGround, nodes } from './testing/ground.ts';

test('the agenda gives what is to happen in the order of time, then of entry', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), (times) => {
      const agenda = createAgenda();
      const taken: [number, number][] = [];
      times.forEach((atMs, order) => agenda.add(atMs, () => taken.push([atMs, order])));
      for (let next = agenda.take(); next !== undefined; next = agenda.take()) next.run();
      const inOrder = times.map((atMs, order): [number, number] => [atMs, order]).toSorted(([a], [b]) => a - b);
      assert.deepEqual(taken, inOrder);
    }),
  );
});

const images = ['shop/cart:1', 'shop/cart:2', 'shop/cart:3-crash', 'shop/cart:4-sick', 'shop/cart:5-missing'];

type Act = readonly [kind: number, a: number, b: number];

/** Carries out a script with trouble from a seed, and tells all that could be seen of it. */
async function play(seed: number, script: readonly Act[]): Promise<{ trace: string; inspections: Inspection[] }> {
  const chance = createRandom(seed);
  const choices: readonly FaultChoice[] = [
    { kind: 'delayed', requestMs: 300, answerMs: 300 },
    { kind: 'lost', applied: true, hangs: false },
    { kind: 'lost', applied: false, hangs: true },
    { kind: 'repeated', afterMs: 100, answer: 'second' },
    { kind: 'failed', applied: false },
    { kind: 'stale', byMs: 3_000 },
    { kind: 'incomplete', lacks: 'services' },
  ];
  const faults = () => choices[Math.floor(chance.draw() * 20)] ?? { kind: 'none' as const };
  const it = createGround({ seed, faults, rememberMs: 10_000, nodes: nodes('a', 'b', 'c') });
  const told: unknown[] = [];
  const inspections: Inspection[] = [];
  const note = (what: Promise<unknown>) =>
    void what.then(
      (value) => told.push(value),
      (cause: unknown) => told.push(String(cause)),
    );
  for (const [kind, a, b] of script) {
    const image = images[a % images.length] ?? '';
    const policy = { order: b % 2 === 0 ? 'start-first' : 'stop-first', parallelism: b % 3 } as const;
    if (kind < 3) note(it.apply(image, { workload: { replicas: 1 + (b % 5) }, policy }));
    else if (kind === 3) note(it.remove());
    else if (kind === 4) it.cluster.takeNode('abc'.charAt(a % 3), b % 2 === 0 ? 'crash' : 'cut');
    else if (kind === 5) it.cluster.returnNode('abc'.charAt(a % 3));
    else if (kind === 6) it.cluster.crashTask(it.alive()[a % 3]?.id ?? '');
    else note(it.sighting());
    await it.pass(b * 40);
    inspections.push(it.cluster.inspect());
  }
  await it.pass(90_000);
  inspections.push(it.cluster.inspect());
  return { trace: JSON.stringify([told, inspections.at(-1)]), inspections };
}

const scripts = fc.array(fc.tuple(fc.nat(8), fc.nat(9), fc.nat(200)), { minLength: 5, maxLength: 20 });

test('the same seed and calls give the same trace, whatever goes wrong', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), scripts, async (seed, script) => {
      assert.equal((await play(seed, script)).trace, (await play(seed, script)).trace);
    }),
    { numRuns: 8 },
  );
});

test('no task starts twice or after its end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), scripts, async (seed, script) => {
      for (const { tasks } of (await play(seed, script)).inspections) {
        assert.equal(new Set(tasks.map(({ id }) => id)).size, tasks.length);
        for (const task of tasks) {
          const times = [task.createdAtMs, task.startedAtMs, task.healthyAtMs, task.endedAtMs].filter(
            (at) => at !== null,
          );
          assert.deepEqual(
            times,
            times.toSorted((a, b) => a - b),
          );
          assert.equal(task.endedAtMs === null, task.endedBy === null);
        }
      }
    }),
    { numRuns: 8 },
  );
});
