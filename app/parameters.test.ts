import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { isFault, type Fault } from '../core/fault.ts';
import { stepsOf, targetAfter } from '../core/plan.ts';
import { createHouses, testAdmin as actor, type House } from '../test/support/app-house.ts';
import { simulatedDocuments } from '../tool/simulate/documents.ts';
import type { PlanInput } from './api.ts';
import { createBlobs } from './blobs.ts';
import { applyPlatformAtStart } from './platform.ts';

const signal = AbortSignal.timeout(110_000);
const houses = createHouses(signal);
const { clock } = houses;
after(() => houses.close());

const compose = `services:
  cart:
    image: registry.test/cart:1
    environment: { LEVEL: "\${LEVEL}" }
    configs: [{ source: conf, target: /conf }]
    deploy: { update_config: { monitor: 1s } }
configs: { conf: { file: app.conf } }
x-drayage:
  templates: [conf]
  parameters:
    LEVEL: { type: enum, values: [info, warn, error], default: info }
    PEERS: { type: integer, min: 1 }
`;

function platformOf(environment: string): string {
  return `environments: { dev: { clusters: [fe]${environment === '' ? '' : `, ${environment}`} } }\n`;
}

async function shop(environment: string): Promise<House> {
  const it = await houses.house(platformOf(environment));
  await register(it);
  return it;
}

async function register(it: House): Promise<void> {
  const files = new Map([['app.conf', Buffer.from('level ${LEVEL}\npeers ${PEERS}\n$host\n')]]);
  const source = { name: 'compose.yaml', text: compose };
  for (const version of ['1', '2'])
    await it.running.app.registerRelease(
      actor,
      { service: 'cart', version, compose: source, files, vars: {}, meta: {} },
      signal,
    );
}

async function setEnvironment({ store }: House, environment: string): Promise<void> {
  const text = `apiVersion: drayage/v1\nkind: Platform\nclusters:\n  fe: { engine: simulated }\n${platformOf(environment)}`;
  assert.equal(await applyPlatformAtStart(store, simulatedDocuments, { name: 'platform.yaml', text }, signal), null);
}

const wants = (rest: string): PlanInput => ({
  wanted: {
    kind: 'document',
    document: { name: 'dev.yaml', text: `apiVersion: drayage/v1\nkind: Deployment\nenvironment: dev\n${rest}` },
    base: null,
  },
  allowRemove: [],
  allowOlder: true,
});

const back: PlanInput = { wanted: { kind: 'rollback', environment: 'dev', to: null }, allowRemove: [], allowOlder: [] };

async function deploy({ running }: House, input: PlanInput): Promise<string> {
  const answer = await running.app.deploy(actor, { ...input, expectPlan: null, idempotencyKey: null }, signal);
  assert.ok(answer.kind === 'accepted', answer.kind);
  for (;;) {
    const { row } = await running.app.deployment(answer.deployment, signal);
    if (row.phase === 'ended') return row.outcome ?? '';
    await clock.sleep(100, signal);
  }
}

/** What the environment runs: the variable, and the content of the config. */
async function runs({ store }: House): Promise<readonly [string | undefined, string]> {
  const [row] = await store.inventory('dev', signal);
  const blobs = createBlobs(store);
  const { workload } = await blobs.read('target', row?.target ?? '', signal);
  const content = await blobs.bytes(workload.configs[0]?.content ?? '', signal);
  return [workload.variables['LEVEL'], new TextDecoder().decode(content)];
}

async function refused(it: House, input: PlanInput): Promise<Fault> {
  try {
    await it.running.app.plan(input, signal);
  } catch (error) {
    if (isFault(error)) return error;
    throw error;
  }
  return assert.fail('it was planned');
}

const placesOf = ({ problems }: Fault) => problems.map(({ file, line, column }) => `${file}:${line}:${column}`);

test('a missing, a wrong and an unknown parameter are errors of the plan, at their place in the document', async () => {
  const it = await shop('parameters: { LEVEL: loud }');
  const missing = await refused(it, wants('services:\n  cart: { version: "1", parameters: { LEVEL: warn } }\n'));
  assert.deepEqual([missing.code, placesOf(missing)], ['plan.parameter-missing', ['dev.yaml:5:3']]);
  assert.match(missing.message, /cart 1 has no value for PEERS/);
  const wrong = await refused(
    it,
    wants('parameters:\n  PEERS: none\nservices:\n  cart: { version: "1", parameters: { LEVEL: loud } }\n'),
  );
  assert.deepEqual([wrong.code, placesOf(wrong)], ['plan.parameter-wrong', ['dev.yaml:7:39', 'dev.yaml:5:3']]);
  const ofEnvironment = await refused(it, wants('parameters: { PEERS: 3 }\nservices: { cart: "1" }\n'));
  assert.match(
    ofEnvironment.message,
    /LEVEL: it is none of info, warn, error.*environments\.dev of the platform document/,
  );
  const unknown = await refused(
    it,
    wants('parameters: { PEERS: 3, PEER: 4 }\nservices:\n  cart: { version: "1", parameters: { LEVLE: warn } }\n'),
  );
  assert.deepEqual([unknown.code, placesOf(unknown)], ['plan.parameter-wrong', ['dev.yaml:6:39', 'dev.yaml:4:25']]);
});

test('a rollback brings back parameters and configs together, also what the environment said then, and that stays', async () => {
  const it = await shop('parameters: { LEVEL: warn }, services: { cart: { parameters: { PEERS: 3 } } }');
  assert.equal(await deploy(it, wants('services: { cart: "1" }\n')), 'succeeded');
  const first = ['warn', 'level warn\npeers 3\n$host\n'] as const;
  assert.deepEqual(await runs(it), first);
  await setEnvironment(it, 'parameters: { LEVEL: error }, services: { cart: { parameters: { PEERS: 3 } } }');
  const next = wants('parameters: { PEERS: 5 }\nservices: { cart: "2" }\n');
  const { plan } = await it.running.app.plan(next, signal);
  assert.deepEqual(plan.parameters, [
    {
      service: 'cart',
      parameter: 'LEVEL',
      from: { value: 'warn', source: 'environment' },
      to: { value: 'error', source: 'environment' },
    },
    {
      service: 'cart',
      parameter: 'PEERS',
      from: { value: '3', source: 'environment' },
      to: { value: '5', source: 'spec' },
    },
  ]);
  assert.equal(await deploy(it, next), 'succeeded');
  assert.deepEqual(await runs(it), ['error', 'level error\npeers 5\n$host\n']);
  const target = targetAfter(stepsOf((await it.running.app.plan(back, signal)).plan)[0] ?? assert.fail());
  assert.equal(await deploy(it, back), 'succeeded');
  assert.deepEqual(await runs(it), first);
  assert.ok(target !== null);
  // The next plan of anything else leaves it as it is.
  const { plan: after } = await it.running.app.plan(
    { ...back, wanted: { kind: 'change', environment: 'dev', set: {} } },
    signal,
  );
  assert.deepEqual([after.waves, after.parameters], [[], undefined]);
});

test('a deployment tells of its configs what its plan told, also when it has ended', async () => {
  const it = await shop('parameters: { LEVEL: info, PEERS: 1 }');
  assert.equal(await deploy(it, wants('services: { cart: "1" }\n')), 'succeeded');
  const next = wants('services: { cart: { version: "2", parameters: { LEVEL: warn } } }\n');
  const { configs } = await it.running.app.plan(next, signal);
  assert.equal(await deploy(it, next), 'succeeded');
  const { items } = await it.running.app.deployments({}, { limit: 1 }, signal);
  const told = await it.running.app.deploymentConfigs(items[0]?.id ?? '', signal);
  assert.deepEqual(told, configs);
  assert.deepEqual(
    told.map(({ service, config, diff }) => [
      service,
      config,
      diff.kind === 'text' ? diff.hunks.flat().slice(0, 2) : [],
    ]),
    [
      [
        'cart',
        'conf',
        [
          { kind: 'removed', text: 'level info' },
          { kind: 'added', text: 'level warn' },
        ],
      ],
    ],
  );
  await assert.rejects(it.running.app.deploymentConfigs('d-none', signal), (error) =>
    isFault(error, 'deployment.unknown'),
  );
});

test('a slice goes before the environment and behind the spec, is shown by its name, and a rollback brings back what it gave', async () => {
  const inSlice = (level: string) =>
    `environments: { dev: { clusters: [fe], parameters: { LEVEL: info, PEERS: 1 } } }
slices: { early-access: { environments: [dev], parameters: { LEVEL: ${level} }, services: { cart: { parameters: { PEERS: 2 } } } } }\n`;
  const apply = async ({ store }: House, level: string) => {
    const text = `apiVersion: drayage/v1\nkind: Platform\nclusters:\n  fe: { engine: simulated }\n${inSlice(level)}`;
    assert.equal(await applyPlatformAtStart(store, simulatedDocuments, { name: 'platform.yaml', text }, signal), null);
  };
  const it = await houses.house(inSlice('loud'));
  await register(it);
  const wrong = await refused(it, wants('services: { cart: "1" }\n'));
  assert.match(wrong.message, /LEVEL: it is none of info, warn, error.*slices\.early-access of the platform document/);
  await apply(it, 'warn');
  const first = wants('parameters: { PEERS: 3 }\nservices: { cart: "1" }\n');
  assert.deepEqual((await it.running.app.plan(first, signal)).plan.parameters, [
    {
      service: 'cart',
      parameter: 'LEVEL',
      from: null,
      to: { value: 'warn', source: 'slice', slice: 'early-access' },
    },
    { service: 'cart', parameter: 'PEERS', from: null, to: { value: '3', source: 'spec' } },
  ]);
  assert.equal(await deploy(it, first), 'succeeded');
  await apply(it, 'error');
  const second = wants('services: { cart: "2" }\n');
  assert.equal(await deploy(it, second), 'succeeded');
  assert.deepEqual(await runs(it), ['error', 'level error\npeers 2\n$host\n']);
  assert.equal(await deploy(it, back), 'succeeded');
  assert.deepEqual(await runs(it), ['warn', 'level warn\npeers 3\n$host\n']);
});

const environmentOf = (environment: string) => ({ kind: 'environment', environment }) as const;

test('two environments are compared by what they are to run, apart from what they were declared to differ in', async () => {
  const it = await houses.house(
    'environments: { dev: { clusters: [fe], parameters: { LEVEL: info } }, prod: { clusters: [fe], parameters: { LEVEL: warn } } }\n',
  );
  await register(it);
  const wanted = (environment: string, rest: string): PlanInput => {
    const text = `apiVersion: drayage/v1\nkind: Deployment\nenvironment: ${environment}\n${rest}`;
    const document = { name: `${environment}.yaml`, text };
    return { wanted: { kind: 'document', document, base: null }, allowRemove: [], allowOlder: [] };
  };
  await deploy(it, wanted('dev', 'parameters: { PEERS: 3 }\nservices: { cart: "2" }\n'));
  await deploy(it, wanted('prod', 'parameters: { PEERS: 4 }\nservices: { cart: { version: "1", replicas: 2 } }\n'));
  const { a, b, differences } = await it.running.app.compare(environmentOf('dev'), environmentOf('prod'), signal);
  assert.deepEqual(
    [a, b],
    [
      { kind: 'environment', environment: 'dev', revision: 1, services: 1 },
      { kind: 'environment', environment: 'prod', revision: 1, services: 1 },
    ],
  );
  assert.deepEqual(
    differences.map(({ what, name, declared }) => [what, name, declared]),
    [
      ['version', null, false],
      ['parameter', 'LEVEL', true],
      ['parameter', 'PEERS', false],
      ['replicas', null, true],
    ],
  );
});
