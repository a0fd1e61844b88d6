import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { rollbackWindow } from '../../core/rollout/needed.ts';
import { label } from '../../engine/swarm/labels.ts';
import { deployBy, submitBy, viewOf, waitFor, waitForPhase } from './support/deployments.ts';
import { startGround, type Ground } from './support/ground.ts';
import { assertAnswers, containersOf, letGo, objectsOf, register, servicesOn } from './support/shop-floor.ts';
import type { Ware } from './support/ware.ts';

const signal = AbortSignal.timeout(200_000);
const environments = {
  undone: '',
  left: '',
  line: '',
  hasty: 'waiting: supersede',
  emptied: '',
  kept: '',
  tidied: 'parameters: { SHELF: none }',
};

let ground: Ground;

before(async () => {
  ground = await startGround({
    tags: ['one', 'two'],
    environments,
    narrow: { environment: 'narrow', limits: 'startsAtOnce: 2' },
    signal,
  });
  const wares: readonly Omit<Ware, 'service'>[] = [
    { version: '1', image: image('one'), list: 'apples' },
    { version: '2', image: image('two'), list: 'pears' },
    { version: '3-held', image: image('one'), mode: 'held', retries: 900, deadline: '180s', list: 'plums' },
    { version: '4-sick', image: image('one'), mode: 'sick', retries: 2, list: 'sloes' },
    { version: '5', image: image('two'), list: 'figs' },
  ];
  for (const service of ['shop', 'depot']) {
    for (const ware of wares) await register(ground.server.client, { ...ware, service });
  }
});

after(async () => await ground.stop());

function image(tag: string): string {
  return ground.image(tag).reference.replace(/@.*/, '');
}

function spec(environment: string, services: object): string {
  return JSON.stringify({ apiVersion: 'drayage/v1', kind: 'Deployment', environment, services });
}

/** Runs `dray deploy` on a document to the end; it has to succeed. */
async function run(environment: string, services: object): Promise<void> {
  const { code, view } = await deployBy(ground.server, ['-'], { stdin: spec(environment, services) });
  assert.equal(code, 0, `${view.outcome}: ${view.cause?.summary}`);
}

async function answers(environment: string, expected: RegExp): Promise<void> {
  await assertAnswers(ground.engine.api, { environment, service: 'shop', from: 'shop' }, expected);
}

const containers = async (environment: string) => await containersOf(ground.engine.api, environment, 'shop');
const versionOf = async (environment: string) => {
  const view = await ground.server.client.call('getEnvironment', { params: { environment } });
  return [view.spec['shop']?.version, ...view.components.map((it) => `${it.release} ${it.health} ${it.settled}`)];
};

/** Starts a deployment that stays active until its service is let go: its id. */
async function startHeld(environment: string): Promise<string> {
  const { deployment } = await submitBy(ground.server, [environment, '--set', 'shop=3-held']);
  const { client } = ground.server;
  await waitFor(
    client,
    deployment,
    (it) => it.waves[0]?.[0]?.state === 'started' && it.waves[0][0].progress !== 'to be written',
    signal,
  );
  return deployment;
}

suite('operations on a real engine', { concurrency: true }, () => {
  test('a cancelled deployment is rolled back: the container of before never stopped', async () => {
    await run('undone', { shop: '1' });
    const before = await containers('undone');
    const waiting = deployBy(ground.server, ['undone', '--set', 'shop=3-held']);
    const [one] = await activeIn('undone');
    assert.ok(one !== undefined);
    const { code } = await ground.server.dray(['cancel', one]);
    assert.equal(code, 0);
    const { code: exit, view } = await waiting;
    assert.equal(exit, 6);
    assert.equal(view.cause?.kind, 'cancelled');
    assert.deepEqual(await containers('undone'), before);
    assert.deepEqual(await versionOf('undone'), ['1', '1 healthy true']);
    await answers('undone', /shop 1 of image one with apples/);
  });

  test('one cancelled with --leave is left as it is, named as unknown, and put right by the next', async () => {
    await run('left', { shop: '1' });
    const held = await startHeld('left');
    const { code } = await ground.server.dray(['cancel', held, '--leave']);
    assert.equal(code, 0);
    const { outcome, unknown } = await viewOf(ground.server.client, held);
    assert.deepEqual([outcome, unknown], ['cancelled', ['one/shop/shop']]);
    const [service] = await servicesOn(ground.engine.api, 'left');
    assert.equal(service?.Spec.Labels[label.release], '3-held');
    await run('left', { shop: '1' });
    assert.deepEqual(await versionOf('left'), ['1', '1 healthy true']);
  });

  test('the second deployment of a service waits visibly for the first, and goes on after it', async () => {
    await run('line', { shop: '1' });
    const first = await startHeld('line');
    const second = await submitBy(ground.server, ['line', '--set', 'shop=5']);
    assert.deepEqual(second.waitsFor, [first]);
    const { client } = ground.server;
    const queued = await viewOf(client, second.deployment);
    assert.deepEqual([queued.phase, queued.waitsFor], ['queued', [{ deployment: first, services: ['shop'] }]]);
    const shown = await ground.server.dray(['show', second.deployment]);
    assert.match(shown.stdout, new RegExp(`waits for ${first} \\(shop\\)`));
    await letGo(ground.engine.api, 'line', 'shop');
    assert.equal((await waitForPhase(client, first, 'ended', signal)).outcome, 'succeeded');
    assert.equal((await waitForPhase(client, second.deployment, 'ended', signal)).outcome, 'succeeded');
    await answers('line', /shop 5 of image two with figs/);
  });

  test('where waiting ones are superseded, the newest takes the place of the one that waits', async () => {
    await run('hasty', { shop: '1' });
    const first = await startHeld('hasty');
    const second = deployBy(ground.server, ['hasty', '--set', 'shop=4-sick']);
    await waitUntilQueued('hasty');
    const third = deployBy(ground.server, ['hasty', '--set', 'shop=5']);
    const { code, view } = await second;
    assert.deepEqual([code, view.outcome, view.cause?.kind], [7, 'superseded', 'superseded']);
    await letGo(ground.engine.api, 'hasty', 'shop');
    const newest = await third;
    assert.deepEqual([newest.code, newest.view.outcome], [0, 'succeeded']);
    assert.equal((await viewOf(ground.server.client, first)).outcome, 'succeeded');
  });

  test('a removal asks for the name, and leaves no service, config or network', async () => {
    await run('emptied', { shop: '1', depot: '1' });
    assert.equal((await objectsOf(ground.engine.api, 'emptied')).length, 3);
    const stdin = spec('emptied', {});
    const refused = await ground.server.dray(['deploy', '-'], { stdin });
    assert.equal(refused.code, 3);
    assert.match(refused.stderr, /--allow-remove depot --allow-remove shop/);
    const args = ['-', '--allow-remove', 'depot', '--allow-remove', 'shop'];
    assert.equal((await deployBy(ground.server, args, { stdin })).code, 0);
    assert.deepEqual(await servicesOn(ground.engine.api, 'emptied'), []);
    assert.deepEqual(await objectsOf(ground.engine.api, 'emptied'), []);
    assert.deepEqual(await containers('emptied'), []);
  });

  test('no more tasks start at once than the cluster allows', async () => {
    let [most, isOver] = [0, false];
    const sampling = (async () => {
      while (!isOver) {
        most = Math.max(most, await startingIn('narrow'));
        await sleep(50, undefined, { signal });
      }
    })();
    try {
      await run('narrow', { shop: { version: '1', replicas: 3 }, depot: { version: '1', replicas: 3 } });
    } finally {
      isOver = true;
      await sampling;
    }
    assert.ok(most > 0 && most <= 2, `${most} were starting at once`);
    assert.deepEqual((await containersOf(ground.engine.api, 'narrow', 'depot')).length, 3);
  });

  test('scaling restarts nothing, nothing to do writes nothing, and a rollback brings back image and config', async (t) => {
    await run('kept', { shop: '1' });
    const [first] = await containers('kept');
    const twice = spec('kept', { shop: { version: '1', replicas: 2 } });

    await t.test('more replicas leave the one that runs alone', async () => {
      const scaled = await deployBy(ground.server, ['-'], { stdin: twice });
      assert.equal(scaled.code, 0);
      assert.deepEqual(
        scaled.view.waves.flat().map(({ change }) => change.kind),
        ['scale'],
      );
      const now = await containers('kept');
      assert.deepEqual([now.length, now[0]], [2, first]);
    });

    await t.test('the same again writes nothing, to the engine or to the ledger', async () => {
      const { client } = ground.server;
      const before = await servicesOn(ground.engine.api, 'kept');
      const deployments = (await client.call('listDeployments', { query: { environment: 'kept' } })).items.length;
      const { code, stdout } = await ground.server.dray(['deploy', '-'], { stdin: twice });
      assert.equal(code, 0);
      assert.match(stdout, /Nothing to do/);
      assert.deepEqual(await servicesOn(ground.engine.api, 'kept'), before);
      const after = await client.call('listDeployments', { query: { environment: 'kept' } });
      assert.equal(after.items.length, deployments);
    });

    await t.test('the same idempotency key twice is one deployment', async () => {
      const args = ['kept', '--set', 'shop=2', '--idempotency-key', 'kept-2'];
      const accepted = await submitBy(ground.server, args);
      const again = await deployBy(ground.server, args);
      assert.deepEqual([again.code, again.view.id], [0, accepted.deployment]);
      await answers('kept', /shop 2 of image two with pears/);
    });

    await t.test('a rollback brings back the image and the content of the config', async () => {
      const { code, stderr } = await ground.server.dray(['rollback', 'kept', '--yes']);
      assert.equal(code, 0, stderr);
      await answers('kept', /shop 1 of image one with apples/);
      assert.deepEqual(await versionOf('kept'), ['1', '1 healthy true']);
    });
  });
});

// After the others: its many deployments would take from them the time in which something waits.
suite('contents on a real engine', () => {
  test('a config filled in with parameters changes with them, goes back with them, and leaves what no rollback needs', async () => {
    const { client } = ground.server;
    const compose = `services:
  shelf:
    image: ${image('one')}
    configs: [{ source: list, target: /list }]
    deploy: { replicas: 0, update_config: { monitor: 1s } }
configs: { list: { file: list.conf } }
x-drayage: { templates: [list], parameters: { SHELF: { pattern: '[a-z0-9]+' } } }
`;
    const files = { 'list.conf': Buffer.from('shelf ${SHELF} of $host\n').toString('base64') };
    await client.call('createRelease', {
      body: { service: 'shelf', version: '1', compose: { name: 'compose.yaml', text: compose }, files },
    });
    const shelves = Array.from({ length: rollbackWindow + 1 }, (_, at) => `s${at}`);
    // The first value is the environment's own, the others the spec's.
    await run('tidied', { shelf: '1' });
    const first = await contentsIn('tidied');
    assert.deepEqual(first, ['shelf none of $host\n']);
    for (const SHELF of shelves) {
      const text = spec('tidied', { shelf: { version: '1', parameters: { SHELF } } });
      const body = { wanted: { kind: 'document', document: { name: 'tidied.json', text } } } as const;
      const answer = await client.call('deploy', { body });
      assert.ok(answer.kind === 'accepted');
      const { outcome } = await waitFor(client, answer.deployment, (it) => it.phase === 'ended', signal);
      assert.equal(outcome, 'succeeded');
    }
    const kept = shelves.map((shelf) => `shelf ${shelf} of $host\n`);
    await contentsComeTo('tidied', kept);
    const [oldest] = (await client.call('listDeployments', { query: { environment: 'tidied' } })).items.slice(-1);
    const { code, stdout } = await ground.server.dray(['rollback', 'tidied', '--to', oldest?.id ?? '', '--yes']);
    assert.equal(code, 0, stdout);
    await contentsComeTo('tidied', [...first, ...kept.slice(1)]);
  });
});

/** What the configs of an environment hold, as the engine itself tells, sorted. */
async function contentsIn(environment: string): Promise<readonly string[]> {
  const path = `/configs?filters=${encodeURIComponent(JSON.stringify({ label: [`${label.environment}=${environment}`] }))}`;
  const configs = z
    .array(z.object({ Spec: z.object({ Data: z.string() }) }))
    .parse(await ground.engine.api.ask({ method: 'GET', path }));
  return configs.map(({ Spec: { Data } }) => Buffer.from(Data, 'base64').toString()).toSorted();
}

/** Waits until an environment's configs hold exactly this. */
async function contentsComeTo(environment: string, expected: readonly string[]): Promise<void> {
  for (;;) {
    const now = await contentsIn(environment);
    if (now.join() === expected.toSorted().join()) return;
    await sleep(250, undefined, { signal }).catch(() => assert.fail(`it holds ${now.join()}`));
  }
}

/** How many tasks of an environment are starting at this moment, as the engine itself tells. */
async function startingIn(environment: string): Promise<number> {
  const filters = { label: [`${label.environment}=${environment}`], 'desired-state': ['running', 'ready'] };
  const path = `/tasks?filters=${encodeURIComponent(JSON.stringify(filters))}`;
  const tasks = z
    .array(z.object({ Status: z.object({ State: z.string() }) }))
    .parse(await ground.engine.api.ask({ method: 'GET', path }));
  return tasks.filter(({ Status: { State } }) => State !== 'running').length;
}

/** Ids of the deployments of an environment that have started; waits for the first. */
async function activeIn(environment: string): Promise<readonly string[]> {
  return await idsIn(environment, 'active');
}

async function waitUntilQueued(environment: string): Promise<void> {
  await idsIn(environment, 'queued');
}

async function idsIn(environment: string, phase: 'active' | 'queued'): Promise<readonly string[]> {
  for (;;) {
    signal.throwIfAborted();
    const { items } = await ground.server.client.call('listDeployments', { query: { environment } });
    const ids = items.filter((it) => it.phase === phase).map(({ id }) => id);
    if (ids.length > 0) return ids;
    await sleep(100, undefined, { signal });
  }
}
