import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainWorkload } from '../../core/testing/world.ts';
import type { Workload, WorkloadExtras } from '../../core/workload.ts';
import { at } from './json.ts';
import { containerHash } from './labels.ts';
import { serviceSpec } from './spec.ts';

const plain = plainWorkload({ cluster: 'fe', service: 'cart', component: 'web' });

function specOf(change: Partial<Workload>): unknown {
  const target = {
    workload: { ...plain, ...change },
    hash: 'h'.repeat(64),
    release: '1',
    policy: {
      order: 'start-first',
      parallelism: 1,
      delayMs: 0,
      monitorMs: 5000,
      maxFailureRatio: 0,
      deadlineMs: 60_000,
    },
  } as const;
  const writer = { installation: 'here', deployment: 'd-1', generation: 1 };
  const references = {
    networks: new Map([['host', 'id of host']]),
    configs: new Map<string, string>(),
    secrets: new Map<string, string>(),
  };
  // As the engine gets it.
  return JSON.parse(JSON.stringify(serviceSpec({ target, writer, whenTasksFail: 'pause' }, references)));
}

const inContainer = ['TaskTemplate', 'ContainerSpec'];

/** By extra: a value, where in the service object it goes, and what stands there then. */
const mapped: {
  readonly [E in keyof Required<WorkloadExtras>]: readonly [WorkloadExtras[E], readonly string[], unknown];
} = {
  workingDir: ['/srv', [...inContainer, 'Dir'], '/srv'],
  stopSignal: ['SIGINT', [...inContainer, 'StopSignal'], 'SIGINT'],
  hostname: ['w-{{.Task.Slot}}', [...inContainer, 'Hostname'], 'w-{{.Task.Slot}}'],
  tty: [true, [...inContainer, 'TTY'], true],
  stdinOpen: [true, [...inContainer, 'OpenStdin'], true],
  groups: [['mail'], [...inContainer, 'Groups'], ['mail']],
  hosts: [[{ name: 'db', address: '10.0.0.5' }], [...inContainer, 'Hosts'], ['10.0.0.5 db']],
  dns: [
    { servers: ['9.9.9.9'], search: ['a.test'], options: ['ndots:1'] },
    [...inContainer, 'DNSConfig'],
    { Nameservers: ['9.9.9.9'], Search: ['a.test'], Options: ['ndots:1'] },
  ],
  sysctls: [{ 'net.core.somaxconn': '9' }, [...inContainer, 'Sysctls'], { 'net.core.somaxconn': '9' }],
  ulimits: [
    [{ name: 'nofile', soft: 1, hard: -1 }],
    [...inContainer, 'Ulimits'],
    [{ Name: 'nofile', Soft: 1, Hard: -1 }],
  ],
  addedCapabilities: [['NET_ADMIN'], [...inContainer, 'CapabilityAdd'], ['CAP_NET_ADMIN']],
  droppedCapabilities: [['ALL'], [...inContainer, 'CapabilityDrop'], ['ALL']],
  labels: [{ tier: 'front' }, [...inContainer, 'Labels', 'tier'], 'front'],
  serviceLabels: [{ team: 'us' }, ['Labels', 'team'], 'us'],
  logging: [
    { driver: 'local', options: { 'max-size': '1m' } },
    ['TaskTemplate', 'LogDriver'],
    { Name: 'local', Options: { 'max-size': '1m' } },
  ],
  binds: [
    [{ source: '/var/log', target: '/logs', readOnly: true, propagation: 'rslave' }],
    [...inContainer, 'Mounts'],
    [{ Type: 'bind', Source: '/var/log', Target: '/logs', ReadOnly: true, BindOptions: { Propagation: 'rslave' } }],
  ],
  hostNetwork: [true, ['TaskTemplate', 'Networks'], [{ Target: 'id of host' }]],
  mode: ['global', ['Mode'], { Global: {} }],
  genericResources: [
    { GPU: 2 },
    ['TaskTemplate', 'Resources', 'Reservations', 'GenericResources'],
    [{ DiscreteResourceSpec: { Kind: 'GPU', Value: 2 } }],
  ],
  isolation: ['default', [...inContainer, 'Isolation'], 'default'],
};

for (const [member, [value, path, expected]] of Object.entries(mapped)) {
  test(`${member} becomes ${path.join('.')}`, () => {
    assert.notDeepEqual(at(specOf({}), ...path), expected);
    assert.deepEqual(at(specOf({ [member]: value }), ...path), expected);
  });
}

test('what is not asked for is not in the service object', () => {
  const asked = JSON.stringify(specOf({}));
  for (const [, path] of Object.values(mapped)) {
    const name = path.at(-1) ?? '';
    if (!['Mounts', 'Networks', 'Mode'].includes(name)) assert.ok(!asked.includes(`"${name}"`), name);
  }
});

test('a volume can have a driver with options, and stay empty', () => {
  const driver = { name: 'local', options: { type: 'nfs', device: ':/x' } };
  const spec = specOf({ volumes: [{ volume: 'v', target: '/v', readOnly: false, noCopy: true, driver }] });
  const [mount] = JSON.parse(JSON.stringify(at(spec, ...inContainer, 'Mounts')));
  assert.equal(at(mount, 'VolumeOptions', 'NoCopy'), true);
  assert.deepEqual(at(mount, 'VolumeOptions', 'DriverConfig'), { Name: 'local', Options: driver.options });
});

test("a user's label never takes the place of Drayage's own", () => {
  const spec = specOf({ labels: { 'drayage.service': 'x' }, serviceLabels: { 'drayage.service': 'x' } });
  assert.equal(at(spec, 'Labels', 'drayage.service'), 'cart');
  assert.equal(at(spec, ...inContainer, 'Labels', 'drayage.service'), 'cart');
});

test('logs go to the default driver where only options are asked for', () => {
  const spec = specOf({ logging: { driver: '', options: { tag: 'x' } } });
  assert.deepEqual(at(spec, 'TaskTemplate', 'LogDriver'), { Options: { tag: 'x' } });
});

test('labels of the service leave its containers as they are; labels of the container make another', () => {
  assert.equal(containerHash({ ...plain, serviceLabels: { a: 'b' } }), containerHash(plain));
  assert.notEqual(containerHash({ ...plain, labels: { a: 'b' } }), containerHash(plain));
  const templateOf = (change: Partial<Workload>) => at(specOf(change), 'TaskTemplate');
  assert.deepEqual(templateOf({ serviceLabels: { a: 'b' } }), templateOf({}));
});
