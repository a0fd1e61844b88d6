import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ComponentDefinition } from '../definition.ts';
import { stepsOf } from '../plan.ts';
import type { SpecEntry } from '../spec.ts';
import { codeOf } from '../testing/code-of.ts';
import { after, component, entry, input, platform, service } from '../testing/shop.ts';
import type { Workload } from '../workload.ts';
import { makePlan, type PlanningInput } from './make-plan.ts';

const open = platform.environments['dev'];
assert.ok(open);
const everything = {
  binds: ['/'],
  capabilities: ['ALL'],
  hostNetwork: true,
  volumeDrivers: ['local', 'nfs'],
};
const environmentDefinition = { ...open, allows: { cart: everything } };

function planned(
  change: Partial<ComponentDefinition>,
  more: Partial<PlanningInput> = {},
  spec: Partial<SpecEntry> = {},
) {
  const cart = service('cart', { components: { cart: component(change) } });
  return makePlan(input([cart], { environmentDefinition, ...more }, { cart: entry('1', spec) }));
}

function targetOf(change: Partial<ComponentDefinition>) {
  const [target] = planned(change).targets.values();
  assert.ok(target);
  return target;
}

const volume = { volume: 'data', target: '/data', readOnly: false };
const remote = { ...volume, driver: { name: 'nfs', options: {} } };

test('every extra of a definition reaches the workload, and none is there that was not asked for', () => {
  const extras: Partial<Workload> = {
    workingDir: '/srv',
    stopSignal: 'SIGINT',
    hostname: 'a',
    tty: true,
    stdinOpen: true,
    groups: ['mail'],
    hosts: [{ name: 'db', address: '10.0.0.9' }],
    dns: { servers: ['9.9.9.9'], search: [], options: [] },
    sysctls: { 'net.core.somaxconn': '9' },
    ulimits: [{ name: 'nofile', soft: 1, hard: 2 }],
    addedCapabilities: ['NET_ADMIN'],
    droppedCapabilities: ['ALL'],
    labels: { a: 'b' },
    serviceLabels: { c: 'd' },
    logging: { driver: 'local', options: {} },
    binds: [{ source: '/a', target: '/a', readOnly: true }],
    mode: 'global',
    genericResources: { GPU: 1 },
    isolation: 'default',
  };
  const { workload } = targetOf(extras);
  assert.deepEqual({ ...workload, ...extras }, workload);
  assert.deepEqual(
    Object.keys(workload).filter((key) => !Object.keys(targetOf({}).workload).includes(key)),
    Object.keys(workload).filter((key) => key in extras),
  );
  assert.ok(!('update' in workload) && !('dependsOn' in workload));
});

test('on the network of its node a component joins no other, and old tasks stop before new ones start', () => {
  const { workload, policy } = targetOf({ hostNetwork: true });
  assert.deepEqual(workload.networks, []);
  assert.equal(policy.order, 'stop-first');
  const [step] = stepsOf(planned({ hostNetwork: true }).plan);
  assert.ok(step?.notes.some((note) => note.includes('do not find it by name')));
});

test('the replicas of a global service cannot be overridden', () => {
  assert.equal(
    codeOf(() => planned({ mode: 'global' }, {}, { replicas: 2 })),
    'plan.override',
  );
  assert.equal(
    codeOf(() => planned({}, {}, { replicas: 2 })),
    'none',
  );
});

test('a local volume is pinned, but for a global service; a volume of a driver is where the driver has it', () => {
  assert.equal(
    codeOf(() => planned({ volumes: [volume] })),
    'plan.volume',
  );
  assert.equal(
    codeOf(() => planned({ volumes: [volume], mode: 'global' })),
    'none',
  );
  assert.equal(
    codeOf(() => planned({ volumes: [remote], replicas: 3 })),
    'none',
  );
  assert.equal(
    codeOf(() => planned({ volumes: [remote, volume], replicas: 3 })),
    'plan.volume',
  );
  assert.equal(targetOf({ volumes: [remote] }).policy.order, 'start-first');
  assert.equal(targetOf({ volumes: [volume], mode: 'global' }).policy.order, 'stop-first');
});

test('labels of the service alone restart nothing; labels of the container do, and the plan shows each', () => {
  const first = planned({ labels: { a: '1' }, serviceLabels: { b: '1' } });
  const stepTo = (change: Partial<ComponentDefinition>) => {
    const [step] = stepsOf(planned(change, { inventory: after(first) }).plan);
    assert.equal(step?.change.kind, 'update');
    return step?.change.kind === 'update' ? step.change : assert.fail();
  };
  const outside = stepTo({ labels: { a: '1' }, serviceLabels: { b: '2' } });
  assert.deepEqual([outside.fields, outside.restarts], [[{ field: 'serviceLabels.b', from: '1', to: '2' }], false]);
  assert.equal(stepTo({ labels: { a: '1' } }).restarts, false);
  const inside = stepTo({ labels: { a: '2' }, serviceLabels: { b: '1' } });
  assert.deepEqual([inside.fields, inside.restarts], [[{ field: 'labels.a', from: '1', to: '2' }], true]);
});

test("times of the image's own health check do not hide that it has none", () => {
  const health = { kind: 'command', test: [], intervalMs: 1000, timeoutMs: 0, retries: 0, startPeriodMs: 0 } as const;
  const notesOf = (unchecked: ReadonlySet<string>) => stepsOf(planned({ health }, { unchecked }).plan)[0]?.notes;
  assert.ok(notesOf(new Set(['cart/cart']))?.some((note) => note.startsWith('no health check')));
  assert.deepEqual(notesOf(new Set()), []);
});
