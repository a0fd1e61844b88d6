import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '../../core/hash.ts';
import type { Target, UpdatePolicy, Workload } from '../../core/workload.ts';
import { holds } from './holds.ts';
import { containerHash } from './labels.ts';
import { configName, serviceSpec } from './spec.ts';

const digest = sha256('products');
const writer = { installation: 'here', deployment: 'deployment-7', generation: 42 };

const full: Workload = {
  environment: 'prod',
  cluster: 'fe',
  service: 'catalog',
  component: 'web',
  image: 'registry:5000/shop/catalog:1.0.0@sha256:aa',
  entrypoint: ['/bin/catalog'],
  command: ['--port', '80'],
  variables: { ZONE: 'a', LEVEL: 'warn' },
  user: '1000:1000',
  init: true,
  readOnlyRoot: true,
  stopGraceMs: 10_000,
  health: { kind: 'command', test: ['CMD', 'true'], intervalMs: 2000, timeoutMs: 1500, retries: 3, startPeriodMs: 500 },
  tmpfs: [{ target: '/tmp', sizeBytes: 1024, mode: 0o1777 }],
  volumes: [{ volume: 'prod_catalog_data', target: '/data', readOnly: false }],
  configs: [{ config: 'products', content: digest, target: '/products.json', mode: 0o444, uid: '0', gid: '0' }],
  networks: [{ network: 'prod_shared', internal: false, aliases: ['catalog'] }],
  ports: [{ target: 80, published: 8080, protocol: 'tcp', mode: 'host' }],
  endpointMode: 'dnsrr',
  replicas: 3,
  limits: { nanoCpus: 500_000_000, memoryBytes: 1_048_576, pids: 50 },
  reservations: { nanoCpus: 100_000_000, memoryBytes: 524_288, pids: null },
  restart: { condition: 'any', delayMs: 5000, maxAttempts: 4, windowMs: 60_000 },
  placement: { constraints: ['node.role==worker'], spreadOver: ['node.labels.zone'], maxPerNode: 2 },
};

const policy: UpdatePolicy = {
  order: 'start-first',
  parallelism: 2,
  delayMs: 1000,
  monitorMs: 5000,
  maxFailureRatio: 0.25,
  deadlineMs: 180_000,
};

/** The hash is held still, so that only what the mapping itself carries over makes a difference. */
function specOf(workload: Workload, policyOf: UpdatePolicy = policy, whenTasksFail: 'pause' | 'continue' = 'pause') {
  const target: Target = { workload, hash: 'h'.repeat(64), release: '1.0.0', policy: policyOf };
  const configs = new Map(
    workload.configs.map((file) => [configName(workload.environment, workload.service, file), 'config-id']),
  );
  const networks = new Map(workload.networks.map(({ network }) => [network, `id of ${network}`]));
  return serviceSpec({ target, writer, whenTasksFail }, { networks, configs, secrets: new Map() });
}

/** The spec without the container's digest, which changes with everything. */
function bare(workload: Workload): string {
  return JSON.stringify(specOf(workload)).replace(containerHash(workload), '');
}

test('a full workload becomes exactly this service', () => {
  const owner = {
    'drayage.installation': 'here',
    'drayage.environment': 'prod',
    'drayage.service': 'catalog',
    'drayage.component': 'web',
  };
  assert.deepEqual(specOf(full), {
    Name: 'prod_catalog_web',
    Labels: {
      ...owner,
      'drayage.release': '1.0.0',
      'drayage.workload': 'h'.repeat(64),
      'drayage.deployment': 'deployment-7',
      'drayage.generation': '42',
      'drayage.mapping': '1',
      'com.docker.stack.namespace': 'prod',
    },
    TaskTemplate: {
      ContainerSpec: {
        Image: 'registry:5000/shop/catalog:1.0.0@sha256:aa',
        Labels: { ...owner, 'drayage.container': containerHash(full) },
        Command: ['/bin/catalog'],
        Args: ['--port', '80'],
        Env: ['LEVEL=warn', 'ZONE=a'],
        User: '1000:1000',
        Init: true,
        ReadOnly: true,
        StopGracePeriod: 10_000_000_000,
        Healthcheck: {
          Test: ['CMD', 'true'],
          Interval: 2_000_000_000,
          Timeout: 1_500_000_000,
          Retries: 3,
          StartPeriod: 500_000_000,
        },
        Mounts: [
          { Type: 'tmpfs', Target: '/tmp', TmpfsOptions: { SizeBytes: 1024, Mode: 0o1777 } },
          {
            Type: 'volume',
            Source: 'prod_catalog_data',
            Target: '/data',
            ReadOnly: false,
            VolumeOptions: {
              Labels: {
                'drayage.installation': 'here',
                'drayage.environment': 'prod',
                'drayage.service': 'catalog',
              },
            },
          },
        ],
        Configs: [
          {
            ConfigID: 'config-id',
            ConfigName: `prod_catalog_products_${digest.slice(0, 12)}`,
            File: { Name: '/products.json', UID: '0', GID: '0', Mode: 0o444 },
          },
        ],
      },
      Resources: {
        Limits: { NanoCPUs: 500_000_000, MemoryBytes: 1_048_576, Pids: 50 },
        Reservations: { NanoCPUs: 100_000_000, MemoryBytes: 524_288 },
      },
      RestartPolicy: { Condition: 'any', Delay: 5_000_000_000, MaxAttempts: 4, Window: 60_000_000_000 },
      Placement: {
        Constraints: ['node.role==worker'],
        Preferences: [{ Spread: { SpreadDescriptor: 'node.labels.zone' } }],
        MaxReplicas: 2,
      },
      Networks: [{ Target: 'id of prod_shared', Aliases: ['catalog'] }],
    },
    Mode: { Replicated: { Replicas: 3 } },
    UpdateConfig: {
      Parallelism: 2,
      Delay: 1_000_000_000,
      FailureAction: 'pause',
      Monitor: 5_000_000_000,
      MaxFailureRatio: 0.25,
      Order: 'start-first',
    },
    EndpointSpec: {
      Mode: 'dnsrr',
      Ports: [{ Protocol: 'tcp', TargetPort: 80, PublishedPort: 8080, PublishMode: 'host' }],
    },
  });
});

/** Another value for everything, however deep: one leaf at a time. */
function* variations(value: unknown): Generator<readonly [path: string, changed: unknown]> {
  if (typeof value === 'string') yield ['', `x${value}`];
  if (typeof value === 'number') yield ['', value + 1];
  if (typeof value === 'boolean') yield ['', !value];
  if (value === null) yield ['', 7];
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value))
    for (const [path, changed] of variations(member)) {
      const copy: unknown = Array.isArray(value) ? value.with(Number(name), changed) : { ...value, [name]: changed };
      yield [`.${name}${path}`, copy];
    }
}

test('no member of a workload is dropped: changing any of them changes the service', () => {
  // Which cluster it is says the connection; which kind a health check is, is changed in the next test.
  const elsewhere = ['.cluster', '.health.kind', '.networks.0.internal'];
  const seen: string[] = [];
  for (const [path, changed] of variations(full)) {
    if (elsewhere.includes(path)) continue;
    seen.push(path);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one leaf differs, of the same type
    assert.notEqual(bare(changed as Workload), bare(full), path);
  }
  const members = new Set(seen.map((path) => path.split('.')[1] ?? ''));
  assert.deepEqual(
    [...members].toSorted(),
    Object.keys(full)
      .filter((key) => key !== 'cluster')
      .toSorted(),
  );
});

test('null members are left to the image or engine, and a health check can be switched off', () => {
  const open = { ...full, entrypoint: null, command: null, user: null, health: { kind: 'image' } } as const;
  const text = JSON.stringify(specOf(open));
  assert.doesNotMatch(text, /"(Command|Args|User|Healthcheck)"/);
  assert.match(JSON.stringify(specOf({ ...full, health: { kind: 'none' } })), /"Test":\["NONE"\]/);
});

test('the policy, the release and the deployment leave the task template alone', () => {
  const template = specOf(full).TaskTemplate;
  assert.deepEqual(specOf(full, { ...policy, order: 'stop-first', parallelism: 1 }).TaskTemplate, template);
  assert.deepEqual(specOf({ ...full, replicas: 9 }).TaskTemplate, template);
});

test('what the engine leaves out when it is zero counts as held, what it changed does not', () => {
  assert.equal(holds({ a: 1, added: 2 }, { a: 1, b: false, c: [], d: { e: 0 } }), true);
  assert.equal(holds({ a: 1 }, { a: 2 }), false);
  assert.equal(holds({ a: ['x', 'y'] }, { a: ['x'] }), false);
  assert.equal(holds({ a: ['x'] }, { a: [] }), false);
  assert.equal(holds({}, { a: { b: 'x' } }), false);
});

test('the engine never rolls back by itself: it pauses on the way forward and goes on on the way back', () => {
  const actionOf = (whenTasksFail: 'pause' | 'continue') =>
    JSON.stringify(specOf(full, policy, whenTasksFail).UpdateConfig);
  assert.match(actionOf('pause'), /"FailureAction":"pause"/);
  assert.match(actionOf('continue'), /"FailureAction":"continue"/);
});
