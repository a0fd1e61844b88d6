import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { DeploymentView } from '../../wire/deployment.ts';
import { removeImage } from '../../local/images.ts';
import { deployBy } from './support/deployments.ts';
import { startGround, type Ground } from './support/ground.ts';
import { assertAnswers, containersOf, historyOf, objectsOf, register, servicesOn } from './support/shop-floor.ts';
import { lastWords, type Ware } from './support/ware.ts';

const signal = AbortSignal.timeout(240_000);
const nowhere = 'node.labels.moon==yes';

/** Services in `prod`, independent of each other, and what the second version of each does wrong. */
const faulty = {
  pulled: 'its image is gone from the registry',
  sick: 'it never becomes healthy',
  crashing: 'it crashes 8 s after its start',
  oversized: 'it can never be scheduled: no node is large enough',
  homeless: 'it can never be scheduled: no node is as it asks',
} as const;
type Faulty = keyof typeof faulty;
const names = Object.keys(faulty) as Faulty[];

let ground: Ground;
const containersBefore = new Map<string, readonly string[]>();
const bad = new Map<Faulty, DeploymentView>();
const firsts = new Map<string, DeploymentView>();

before(async () => {
  ground = await startGround({ tags: ['one', 'gone'], environments: { prod: '', fresh: '' }, signal });
  for (const ware of [...names.flatMap(twoVersions), ...firstWares()]) await register(ground.server.client, ware);
  const spec = names.map((name) => `${name}: 1`).join(', ');
  const { code, stdout } = await deployText(`{ ${spec} }`);
  assert.equal(code, 0, stdout);
  for (const name of names) containersBefore.set(name, await containersOf(ground.engine.api, 'prod', name));
  const { digest, reference } = ground.image('gone');
  await ground.registry.deleteManifest('ware', digest);
  await removeImage(ground.engine, reference.replace(/@.*/, ''));
  await removeImage(ground.engine, reference.replace(/:[^:@]*@/, '@'));
  await deployAllBad();
});

after(async () => await ground.stop());

function image(tag: string): string {
  return ground.image(tag).reference.replace(/@.*/, '');
}

/** A good first version, and a second one with the service's fault. What crashes is watched for the default of 10 s. */
function twoVersions(service: Faulty): readonly Ware[] {
  const base = { service, image: image('one'), ...(service === 'crashing' ? { port: 8081 } : {}) };
  const good = { ...base, version: '1' };
  const version = '2';
  switch (service) {
    case 'pulled':
      return [good, { ...base, version, image: image('gone') }];
    case 'sick':
      return [good, { ...base, version, mode: 'sick' }];
    case 'crashing':
      return [good, { ...base, version, mode: 'crash', monitor: null }];
    case 'oversized':
      return [good, { ...base, version, memory: '9000G', deadline: '15s' }];
    case 'homeless':
      return [good, { ...base, version, constraint: nowhere }];
  }
}

/** Services of which nothing ran before. */
function firstWares(): readonly Ware[] {
  const base = { version: '1', image: image('one'), monitor: '1s' };
  return [
    { ...base, service: 'no-image', image: image('gone') },
    { ...base, service: 'no-node', constraint: nowhere, deadline: '12s' },
    // The engine would wait for ever: only the deadline finds it out.
    { ...base, service: 'no-health', mode: 'sick', retries: 1000, deadline: '12s' },
    { ...base, service: 'no-folder', mode: 'writes' },
  ];
}

async function deployText(services: string) {
  const stdin = `{ apiVersion: drayage/v1, kind: Deployment, environment: prod, services: ${services} }`;
  return await ground.server.dray(['deploy', '-', '--timeout', '90s'], { stdin });
}

/** All the bad ones at once, each in a deployment of its own. */
async function deployAllBad(): Promise<void> {
  const updates = names.map(async (name) => bad.set(name, await deployBadly('prod', `${name}=2`)));
  const creates = firstWares().map(async ({ service }) =>
    firsts.set(service, await deployBadly('fresh', `${service}=1`)),
  );
  await Promise.all([...updates, ...creates]);
}

/** 90 s are more than deadline, rollback and its watching together: after them the code would be 8. */
async function deployBadly(environment: string, set: string): Promise<DeploymentView> {
  const { code, view } = await deployBy(ground.server, [environment, '--set', set, '--timeout', '90s']);
  assert.equal(view.outcome, 'rolled-back', `${set}: ${view.cause?.summary}`);
  assert.equal(code, 4);
  return view;
}

function viewOf(name: Faulty): DeploymentView {
  const view = bad.get(name);
  assert.ok(view !== undefined);
  return view;
}

function firstOf(name: string): DeploymentView {
  const view = firsts.get(name);
  assert.ok(view !== undefined);
  return view;
}

suite('a second version that cannot work is rolled back, with its cause', () => {
  test('an image deleted from the registry after its release', () => {
    const { cause } = viewOf('pulled');
    assert.equal(cause?.kind, 'task-failed');
    assert.equal(cause.step, 'one/pulled/pulled');
    assert.ok(cause.task !== null && cause.node !== null);
    assert.match(cause.summary, /No such image/);
    assert.match(cause.hint ?? '', /no longer has this image/);
  });

  test('a service that never becomes healthy', () => {
    const { cause } = viewOf('sick');
    assert.equal(cause?.kind, 'task-failed');
    assert.match(cause.summary, /unhealthy/);
    assert.ok(cause.task !== null && cause.exitCode !== null);
    assert.match(cause.hint ?? '', /health check/);
    assert.deepEqual(
      cause.logs?.map(({ text }) => text),
      ['ware 2 starts'],
    );
  });

  test('a service that crashes 8 s after its start, when it was healthy already', () => {
    const { cause } = viewOf('crashing');
    assert.equal(cause?.kind, 'task-failed');
    assert.equal(cause.exitCode, 7);
    assert.deepEqual(cause.logs?.at(-1), { stream: 'stderr', text: lastWords });
  });

  test('a service that no node has room for, by its deadline', () => {
    const { cause } = viewOf('oversized');
    assert.equal(cause?.kind, 'deadline');
    assert.match(cause.summary, /within 15 s/);
    assert.match(cause.summary, /no suitable node \(insufficient resources/);
    assert.match(cause.hint ?? '', /No node satisfies its placement/);
  });

  test('a service that no node fits, before the engine would end what runs for it', () => {
    const { cause } = viewOf('homeless');
    assert.equal(cause?.kind, 'engine-refused');
    assert.match(cause.summary, /no suitable node: none of 1 satisfies node.labels.moon==yes/);
  });

  test('none of them waited for another', () => {
    const views = names.filter((name) => name !== 'homeless').map(viewOf); // that one ends at once
    const started = Math.max(...views.map((view) => view.startedAt ?? Infinity));
    const ended = Math.min(...views.map((view) => view.endedAt ?? 0));
    assert.ok(started < ended, 'all were under way at the same time');
  });
});

suite('what ran before still runs', () => {
  test('the same containers, where new ones start before the old stop', async () => {
    for (const name of names.filter((it) => it !== 'crashing')) {
      const now = await containersOf(ground.engine.api, 'prod', name);
      const history = await historyOf(ground.engine.api, 'prod', name);
      assert.deepEqual(now, containersBefore.get(name), `${name}:\n${history}`);
    }
  });

  test('the first version answers under its name on the network of the environment', async () => {
    for (const service of names) {
      const of = { environment: 'prod', service, from: service === 'sick' ? 'pulled' : 'sick' };
      await assertAnswers(ground.engine.api, of, new RegExp(`^${service} 1 of image one`));
    }
  });

  test('a port of the cluster answers too, after the one task that can hold it was replaced twice', async () => {
    const answer = await fetch(`http://${ground.engine.address}:8081/cgi-bin/who`, { signal });
    assert.match(await answer.text(), /^crashing 1 of image one/);
  });

  test('the environment is to run what it ran, at the same revision, and a plan for that is empty', async () => {
    const { revision, spec, components } = await ground.server.client.call('getEnvironment', {
      params: { environment: 'prod' },
    });
    assert.equal(revision, 1);
    assert.deepEqual(
      Object.values(spec).map(({ version }) => version),
      names.map(() => '1'),
    );
    assert.deepEqual(
      components.map(({ health, settled }) => [health, settled]),
      names.map(() => ['healthy', true]),
    );
    const same = await ground.server.dray([
      'plan',
      'prod',
      ...names.flatMap((name) => ['--set', `${name}=1`]),
      '--exit-code',
    ]);
    assert.equal(same.code, 0, same.stdout + same.stderr);
  });
});

suite('a first version that cannot work is taken away again, with its cause', () => {
  test('an image deleted from the registry after its release', () => {
    const { cause } = firstOf('no-image');
    assert.equal(cause?.kind, 'task-failed');
    assert.match(cause.summary, /No such image/);
  });

  test('a service that can never be scheduled', () => {
    const { cause } = firstOf('no-node');
    assert.equal(cause?.kind, 'deadline');
    assert.match(cause.summary, /no suitable node/);
  });

  test('a health check that the engine would wait for for ever ends at the deadline', () => {
    const { cause } = firstOf('no-health');
    assert.equal(cause?.kind, 'deadline');
    assert.match(cause.summary, /within 12 s/);
    assert.deepEqual(
      cause.logs?.map(({ text }) => text),
      ['ware 1 starts'],
    );
  });

  test('a task that fails because its root is read-only is told which folder to declare', () => {
    const { cause } = firstOf('no-folder');
    assert.equal(cause?.kind, 'task-failed');
    assert.equal(cause.exitCode, 3);
    assert.match(cause.hint ?? '', /tmpfs: \[\/data\]/);
  });

  test('nothing of them is left on the engine, and the environment is to run nothing', async () => {
    assert.deepEqual(await servicesOn(ground.engine.api, 'fresh'), []);
    assert.deepEqual(await objectsOf(ground.engine.api, 'fresh'), []);
    const { revision, spec } = await ground.server.client.call('getEnvironment', { params: { environment: 'fresh' } });
    assert.deepEqual({ revision, spec }, { revision: 0, spec: {} });
  });
});

test('the ledger of all this verifies', async () => {
  const { code, stdout } = await ground.server.dray(['ledger', 'verify']);
  assert.equal(code, 0, stdout);
});
