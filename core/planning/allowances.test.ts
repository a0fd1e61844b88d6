import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPlatform } from '../document/platform.ts';
import { isFault, type Fault } from '../fault.ts';
import type { Allowance, EnvironmentDefinition } from '../platform.ts';
import { after, component, entry, input, platform, service } from '../testing/shop.ts';
import { plainWorkload } from '../testing/world.ts';
import type { Workload } from '../workload.ts';
import { checkAllowances } from './allowances.ts';
import { makePlan } from './make-plan.ts';

const dev = platform.environments['dev'];
assert.ok(dev);
const nothing: Allowance = { binds: [], capabilities: [], hostNetwork: false, volumeDrivers: [] };

function workloadOf(change: Partial<Workload>, service_ = 'cart') {
  return plainWorkload({ cluster: 'fe', service: service_, component: 'web' }, change);
}

/** The refusal; null when all is allowed. */
function refusal(change: Partial<Workload>, allowed: Partial<Allowance> | null = null): Fault | null {
  const allows = allowed === null ? {} : { allows: { cart: { ...nothing, ...allowed } } };
  return refusalOf(() => checkAllowances([workloadOf(change)], { ...definition, ...allows }));
}

const definition: EnvironmentDefinition = dev;

function refusalOf(act: () => unknown): Fault | null {
  try {
    act();
    return null;
  } catch (error) {
    assert.ok(isFault(error), String(error));
    assert.equal(error.code, 'plan.not-allowed');
    return error;
  }
}

const bind = (source: string) => ({ binds: [{ source, target: '/x', readOnly: true }] });
const volume = (name: string, options = {}) => ({
  volumes: [{ volume: 'v', target: '/v', readOnly: false, driver: { name, options } }],
});

const asked: readonly (readonly [string, Partial<Workload>, Partial<Allowance>, RegExp])[] = [
  ['a path of the node', bind('/var/log/cart'), { binds: ['/var/log'] }, /the path \/var\/log\/cart of the node/],
  ['the very path that is allowed', bind('/var/log'), { binds: ['/var/log'] }, /\/var\/log/],
  ['any path', bind('/etc'), { binds: ['/'] }, /\/etc/],
  ['a capability', { addedCapabilities: ['NET_ADMIN'] }, { capabilities: ['NET_ADMIN'] }, /the capability NET_ADMIN/],
  ['the network of the node', { hostNetwork: true }, { hostNetwork: true }, /the network of the node/],
  ['another volume driver', volume('rexray'), { volumeDrivers: ['rexray'] }, /the volume driver rexray for v/],
  [
    'options of the local driver',
    volume('local', { o: 'bind' }),
    { volumeDrivers: ['local'] },
    /mount anything, for v/,
  ],
];

for (const [what, change, allowed, expected] of asked) {
  test(`${what} needs to be allowed, and the refusal holds the lines that allow it`, () => {
    assert.equal(refusal(change, allowed), null);
    const fault = refusal(change);
    assert.match(fault?.message ?? '', expected);
    assert.match(fault?.message ?? '', /cart\/web/);
    const lines = fault?.facts['lines'];
    assert.ok(typeof lines === 'string' && fault?.next?.includes(lines));
    const clusters = 'clusters: { fe: { engine: simulated } }\n';
    const text = `apiVersion: drayage/v1\nkind: Platform\n${clusters}${lines.replace('{ allows', '{ clusters: [fe], allows')}\n`;
    const written = readPlatform({ name: 'platform.yaml', text }).environments['dev'];
    assert.ok(written);
    checkAllowances([workloadOf(change)], written);
  });
}

test('a path beside an allowed one, or one that names its beginning only, is not allowed', () => {
  for (const path of ['/var/logs', '/var', '/', '/var/log/../../etc', '/var/log/{{.Node.ID}}']) {
    assert.ok(refusal(bind(path), { binds: ['/var/log'] }), path);
  }
});

test('what every container may do anyway needs no allowance', () => {
  assert.equal(refusal({ droppedCapabilities: ['ALL'], addedCapabilities: ['CHOWN', 'NET_BIND_SERVICE'] }), null);
  assert.ok(refusal({ addedCapabilities: ['ALL'] }, { capabilities: ['NET_ADMIN'] }));
});

test("the engine's socket is named as what it is, also within a folder", () => {
  assert.match(refusal(bind('/var/run/docker.sock'))?.message ?? '', /engine's own socket/);
  assert.match(refusal(bind('/run'))?.message ?? '', /engine's own socket \(\/run, which holds \/run\/docker\.sock\)/);
  assert.equal(refusal(bind('/var/run/docker.sock'), { binds: ['/var/run/docker.sock'] }), null);
});

test('the lines keep what is allowed already, and everything that lacks is told at once', () => {
  const workloads = [
    workloadOf({ ...bind('/b'), hostNetwork: true }),
    workloadOf({ addedCapabilities: ['SYS_TIME'] }, 'clock'),
  ];
  const allows = { cart: { ...nothing, binds: ['/a'], capabilities: ['NET_ADMIN'] } };
  const fault = refusalOf(() => checkAllowances(workloads, { ...definition, allows }));
  assert.equal(
    fault?.facts['lines'],
    'environments: { dev: { allows: { cart: { binds: ["/a", "/b"], capabilities: ["NET_ADMIN"], hostNetwork: true }, clock: { capabilities: ["SYS_TIME"] } } } }',
  );
});

test('the plan refuses what is not allowed, and leaves alone what runs already', () => {
  const cart = service('cart', { components: { cart: component({ hostNetwork: true }) } });
  assert.ok(refusalOf(() => makePlan(input([cart]))));
  const environmentDefinition = { ...definition, allows: { cart: { ...nothing, hostNetwork: true } } };
  const first = makePlan(input([cart], { environmentDefinition }));
  const later = input([cart, service('catalog')], { inventory: after(first) }, { cart: entry('1') });
  assert.equal(
    refusalOf(() => makePlan(later)),
    null,
  );
});
