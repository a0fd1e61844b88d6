import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import type { DeploymentEvent } from '../event.ts';
import type { Cause } from '../outcome.ts';
import { stepsOf, targetAfter, targetBefore, type Plan } from '../plan.ts';
import { sketchPlan, type StepSketch } from '../testing/world.ts';
import { abandon } from './abandon.ts';
import { permit } from './permit.ts';
import { touchedSteps } from './position.ts';
import { noRollout, progressOf, stepsIn, type Rollout } from './state.ts';
import { fold, step } from './step.ts';

const deployment = 'd-1';
const cause: Cause = { kind: 'stale', message: 'whatever' };
const reached = new Set<string>();

const kinds = fc.constantFrom<StepSketch['kind']>('create', 'update', 'remove');
const plans = fc
  .array(fc.array(kinds, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 })
  .map((waves) => sketchPlan(waves.map((wave, w) => wave.map((kind, s) => ({ kind, service: `s${w}${s}` })))).plan);

const accepted: DeploymentEvent = {
  kind: 'deployment-accepted',
  deployment,
  environment: 'dev',
  plan: 'p',
  services: [],
  onFailure: 'roll-back',
  restores: null,
  reason: 'test',
};

/** Every event that could come next, legal or not, but for the end. */
function conceivable(plan: Plan): readonly DeploymentEvent[] {
  const ofStep = stepsOf(plan).flatMap((it): readonly DeploymentEvent[] => {
    const of = { deployment, step: it.id, spot: it.spot };
    const [forward, back] = [
      { ...of, target: targetAfter(it) },
      { ...of, target: targetBefore(it) },
    ];
    return [
      { kind: 'step-started', ...forward },
      { kind: 'step-verified', ...forward },
      { kind: 'step-failed', ...of, cause },
      { kind: 'revert-started', ...back },
      { kind: 'revert-verified', ...back },
      { kind: 'revert-failed', ...of, cause },
    ];
  });
  return [
    { kind: 'deployment-started', deployment, generation: 1 },
    { kind: 'cancel-requested', deployment, by: 'somebody', leave: false },
    { kind: 'cancel-requested', deployment, by: 'somebody', leave: true },
    { kind: 'rollback-started', deployment, cause },
    ...ofStep,
  ];
}

/** Goes a legal way, chosen by the numbers. */
function walk(plan: Plan, choices: readonly number[]): Rollout {
  let state = step(noRollout, accepted);
  for (const choice of choices) {
    const legal = conceivable(plan).filter((event) => permit(plan, state, event) === null);
    const event = legal[choice % Math.max(1, legal.length)];
    if (event !== undefined) state = step(state, event);
  }
  return state;
}

const ways = fc.array(fc.nat({ max: 1_000 }), { maxLength: 40, size: 'max' });

test('whatever a deployment has come to, giving it up makes legal moves and ends it, and asks for no write (property)', () => {
  fc.assert(
    fc.property(plans, ways, (plan, choices) => {
      const start = walk(plan, choices);
      reached.add(start.phase);
      let state = start;
      for (const event of abandon(plan, start, 'who-recovers', 'the ledger was recovered')) {
        assert.equal(permit(plan, state, event), null, `${event.kind} in ${state.phase}`);
        state = step(state, event);
      }
      assert.ok(state.phase === 'ended');
      reached.add(state.outcome);
      // Nothing is called settled that was not: each touched step stands as it was verified, went back, or is unknown.
      const settled = new Set(['verified', 'reverted']);
      for (const it of touchedSteps(plan, state.steps)) {
        const known = settled.has(progressOf(state.steps, it.id).kind);
        assert.notEqual(known, state.unknown.includes(it.id), it.id);
        if (known) assert.equal(progressOf(stepsIn(start), it.id).kind, progressOf(state.steps, it.id).kind);
      }
    }),
    { numRuns: 1_500 },
  );
});

test('what was never accepted or has ended is left as it is', () => {
  const { plan } = sketchPlan([[{ kind: 'create', service: 'cart' }]]);
  assert.deepEqual(abandon(plan, noRollout, 'x', 'y'), []);
  const ended = { kind: 'deployment-ended', deployment, outcome: 'refused', cause, unknown: [] } as const;
  assert.deepEqual(abandon(plan, fold([accepted, ended]), 'x', 'y'), []);
});

after(() => {
  const expected = ['queued', 'advancing', 'reverting', 'refused', 'cancelled', 'rolled-back', 'rollback-failed'];
  assert.deepEqual(
    expected.filter((it) => !reached.has(it)),
    [],
  );
});
