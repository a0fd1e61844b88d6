import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeploymentDetail } from '../../app/api.ts';
import type { DeploymentEvent } from '../../core/event.ts';
import { toPayload, type LedgerEntry } from '../../core/ledger.ts';
import type { Cause } from '../../core/outcome.ts';
import type { Plan, Step } from '../../core/plan.ts';
import type { SeenTask } from '../../core/sighting.ts';
import { fold } from '../../core/rollout/step.ts';
import { deploymentView as wire } from '../../wire/deployment.ts';
import { deploymentView } from './deployment.ts';

const names = new Map([['t-1', 'Ada']]);
const accepted = { sequence: 1, hash: '0'.repeat(64), proof: null };
const told = { names, receipts: { accepted, ended: null } };
const digest = (letter: string) => letter.repeat(64);
const deployment = 'd-1';
const spot = (service: string) => ({ cluster: 'fe', service, component: 'web' });
const stepOf = (service: string): Step => ({
  id: `fe/${service}/web`,
  spot: spot(service),
  change: { kind: 'create', to: digest('a') },
  fromRelease: null,
  toRelease: '1.0.0',
  notes: [],
});

const plan: Plan = {
  environment: 'dev',
  baseRevision: 0,
  platformRevision: 1,
  changes: { cart: { version: '1.0.0', replicas: null, parameters: {}, ports: {} }, shop: null },
  waves: [[stepOf('cart')], [stepOf('shop')]],
  simulated: [],
  unchanged: [],
};

const failure: Cause = {
  kind: 'task-failed',
  step: 'fe/shop/web',
  task: 'dev_shop_web.1',
  node: 'n1',
  message: 'boom',
  exitCode: 1,
  logs: null,
  hint: null,
};

const history: readonly DeploymentEvent[] = [
  {
    kind: 'deployment-accepted',
    deployment,
    environment: 'dev',
    plan: digest('f'),
    services: ['cart', 'shop'],
    onFailure: 'roll-back',
    restores: null,
    reason: 'deploy',
  },
  { kind: 'deployment-started', deployment, generation: 1 },
  { kind: 'step-started', deployment, step: 'fe/cart/web', spot: spot('cart'), target: digest('a') },
  { kind: 'step-verified', deployment, step: 'fe/cart/web', spot: spot('cart'), target: digest('a') },
  { kind: 'step-started', deployment, step: 'fe/shop/web', spot: spot('shop'), target: digest('a') },
  { kind: 'step-failed', deployment, step: 'fe/shop/web', spot: spot('shop'), cause: failure },
  { kind: 'rollback-started', deployment, cause: failure },
  { kind: 'revert-started', deployment, step: 'fe/cart/web', spot: spot('cart'), target: null },
  { kind: 'revert-verified', deployment, step: 'fe/cart/web', spot: spot('cart'), target: null },
  { kind: 'deployment-ended', deployment, outcome: 'rolled-back', cause: failure, unknown: [] },
];

const seenTask: SeenTask = {
  id: 'x1',
  name: 'dev_shop_web.1',
  node: 'n1',
  state: 'starting',
  wanted: true,
  current: true,
  workload: null,
  message: 'pulling',
  exitCode: null,
  createdAtMs: 40,
  changedAtMs: 45,
};

/** The deployment as it was after so many of its entries, one entry each 10 ms. */
function after(count: number, of = history): DeploymentDetail {
  const events = of.slice(0, count);
  const entries = events.map((event, index): LedgerEntry => ({
    sequence: index + 1,
    time: (index + 1) * 10,
    stream: 'deployment/d-1',
    kind: event.kind,
    v: 1,
    actor: 't-1',
    payload: toPayload(event),
    prev: digest('0'),
  }));
  return {
    row: {
      id: deployment,
      environment: 'dev',
      plan: digest('f'),
      services: ['cart', 'shop'],
      reason: 'deploy',
      phase: 'active',
      outcome: null,
      actor: 't-1',
      sequence: 1,
      acceptedAt: 10,
      endedAt: null,
    },
    plan,
    rollout: fold(events),
    entries,
    waitsFor: [],
    holds: [],
    progress: new Map([['fe/shop/web', { text: '0 of 1 running', tasks: [seenTask] }]]),
    excerpts: new Map(),
  };
}

test('every moment of a deployment has a view that the contract takes', () => {
  for (let count = 1; count <= history.length; count += 1) {
    const view = deploymentView(after(count), told);
    assert.deepEqual(wire.parse(view), view);
    assert.equal(view.version, count);
    assert.deepEqual([view.actor, view.actorName], ['t-1', 'Ada']);
  }
});

test('steps tell their state and times as the entries have them', () => {
  const states = (count: number) =>
    deploymentView(after(count), told)
      .waves.flat()
      .map(({ state, startedAt, endedAt }) => [state, startedAt, endedAt]);
  assert.deepEqual(states(1), [
    ['waiting', null, null],
    ['waiting', null, null],
  ]);
  assert.deepEqual(states(3), [
    ['started', 30, null],
    ['waiting', null, null],
  ]);
  assert.deepEqual(states(6), [
    ['verified', 30, 40],
    ['failed', 50, 60],
  ]);
  assert.deepEqual(states(8), [
    ['reverting', 30, null],
    ['failed', 50, 60],
  ]);
  assert.deepEqual(states(9), [
    ['reverted', 30, 90],
    ['failed', 50, 60],
  ]);
});

test('a step tells its tasks while it is under way, and not any more afterwards', () => {
  const tasks = (count: number) =>
    deploymentView(after(count), told)
      .waves.flat()
      .map((step) => step.tasks);
  const { name, node, state, wanted, current, message } = seenTask;
  assert.deepEqual(tasks(5), [[], [{ name, node, state, wanted, current, message, changedAt: 45 }]]);
  assert.deepEqual(tasks(6), [[], []]);
});

test('where the policy is to leave what failed, nothing is reverting', () => {
  const left = history
    .slice(0, 6)
    .map((event) => ({ ...event, ...('onFailure' in event ? { onFailure: 'leave' } : {}) }));
  const ended = { kind: 'deployment-ended', deployment, outcome: 'failed', cause: failure, unknown: [] } as const;
  const events = [...left, ended] as readonly DeploymentEvent[];
  assert.deepEqual(
    [6, 7].map((count) => deploymentView(after(count, events), told).reverting),
    [false, false],
  );
  assert.equal(deploymentView(after(6, events), told).cause?.kind, 'task-failed');
});

test('what a cancel leaves under way has ended with the deployment, and nothing of it is reverting', () => {
  const cancel = { kind: 'cancel-requested', deployment, by: 't-1', leave: true } as const;
  const cause: Cause = { kind: 'cancelled', by: 't-1', left: true };
  const end = { kind: 'deployment-ended', deployment, outcome: 'cancelled', cause, unknown: ['fe/shop/web'] } as const;
  const events = [...history.slice(0, 5), cancel, end];
  const view = deploymentView(after(7, events), told);
  assert.deepEqual(
    view.waves.flat().map(({ state, startedAt, endedAt }) => [state, startedAt, endedAt]),
    [
      ['verified', 30, 40],
      ['started', 50, 70],
    ],
  );
  assert.deepEqual([view.reverting, view.cancelRequested], [false, true]);
});

test('from the first failure on the cause is told and the deployment is reverting', () => {
  const before = deploymentView(after(5), told);
  assert.deepEqual([before.reverting, before.cause, before.startedAt], [false, null, 20]);
  for (const count of [6, 7, 10]) {
    const view = deploymentView(after(count), told);
    assert.equal(view.reverting, true);
    assert.match(view.cause?.summary ?? '', /fe\/shop\/web failed on n1 \(exit code 1\): boom/);
  }
});
