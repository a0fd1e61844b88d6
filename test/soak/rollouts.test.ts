import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Outcome } from '../../core/outcome.ts';
import type { DeploymentView } from '../../wire/deployment.ts';
import { waitFor, waitForPhase } from '../engine/support/deployments.ts';
import { startGround, type Ground } from '../engine/support/ground.ts';
import { seededChance } from '../engine/support/lottery.ts';
import { containersOf, objectsOf, register, servicesOn } from '../engine/support/shop-floor.ts';
import type { WareMode } from '../engine/support/ware.ts';

const rollouts = Number(process.env['SOAK_ROLLOUTS'] ?? 20);
const seed = Number(process.env['SOAK_SEED'] ?? randomInt(2 ** 31));
const signal = AbortSignal.timeout(120_000 + rollouts * 30_000);

/** What a rollout is like. */
type Fate = 'good' | 'broken' | 'sick' | 'cancelled' | 'left' | 'overtaken';
const fates: readonly Fate[] = ['good', 'good', 'good', 'broken', 'sick', 'cancelled', 'left', 'overtaken'];

/** Environments side by side, each with rollouts one after the other. */
const environments = ['north', 'east', 'south', 'west'] as const;
type Environment = (typeof environments)[number];
const services = ['cart', 'till'] as const;

let ground: Ground;
const chance = seededChance(seed);
const ended: { readonly fate: Fate; readonly outcome: Outcome | null }[] = [];
let version = 0;
/** One environment went wrong: the others come to their end. */
let hasFailed = false;

before(async () => {
  const policies = Object.fromEntries(environments.map((name) => [name, 'waiting: supersede']));
  ground = await startGround({ tags: ['one', 'two'], environments: policies, signal });
});

after(async () => await ground.stop());

async function release(service: string, mode: WareMode): Promise<string> {
  version += 1;
  const image = ground.image(version % 2 === 0 ? 'one' : 'two').reference.replace(/@.*/, '');
  const retries = mode === 'slow' ? 60 : 3;
  const ware = { service, version: String(version), image, mode, retries, deadline: '90s' };
  await register(ground.server.client, { ...ware, list: `list ${version}` });
  return ware.version;
}

async function submit(environment: Environment, wanted: Readonly<Record<string, string>>): Promise<string> {
  const text = JSON.stringify({ apiVersion: 'drayage/v1', kind: 'Deployment', environment, services: wanted });
  const document = { name: `${environment}.yaml`, text };
  const allowRemove = services.filter((service) => wanted[service] === undefined);
  const body = { wanted: { kind: 'document' as const, document, base: null }, allowRemove, allowOlder: [...services] };
  const answer = await ground.server.client.call('deploy', { body: { ...body, expectPlan: null } });
  assert.ok(answer.kind !== 'nothing-to-do');
  return answer.deployment;
}

async function end(deployment: string, fate: Fate): Promise<DeploymentView> {
  const view = await waitForPhase(ground.server.client, deployment, 'ended', signal);
  ended.push({ fate, outcome: view.outcome });
  return view;
}

/** One rollout of one service; how many deployments it took. */
async function rollOut(environment: Environment, runs: Record<string, string>, fate: Fate): Promise<void> {
  const service = services[Math.floor(chance() * services.length)] ?? services[0];
  const mode: WareMode = fate === 'broken' || fate === 'sick' ? fate : fate === 'good' ? 'good' : 'slow';
  const next = await release(service, mode);
  const deployment = await submit(environment, { ...runs, [service]: next });
  const told = async (outcome: Outcome) => {
    const view = await end(deployment, fate);
    assert.equal(view.outcome, outcome, `${environment}, ${fate}: ${JSON.stringify(view.cause)}`);
  };
  const { client } = ground.server;
  switch (fate) {
    case 'good':
      await told('succeeded');
      runs[service] = next;
      return;
    case 'broken':
    case 'sick':
      return await told('rolled-back');
    case 'cancelled':
    case 'left': {
      await sleep(chance() * 4_000, undefined, { signal });
      await client.call('cancelDeployment', { params: { deployment }, body: { leave: fate === 'left' } });
      await told('cancelled');
      // What was left half way is put right by going on to it.
      if (fate === 'left') await settle(environment, runs, service);
      return;
    }
    case 'overtaken': {
      // Before its step is under way it could be overtaken itself, or the others be planned from what was before it.
      await waitFor(client, deployment, ({ waves }) => waves.flat().some(({ state }) => state !== 'waiting'), signal);
      const second = await submit(environment, { ...runs, [service]: await release(service, 'good') });
      const last = await release(service, 'good');
      const third = await submit(environment, { ...runs, [service]: last });
      await told('succeeded');
      const views = [await end(second, fate), await end(third, fate)];
      assert.deepEqual(
        views.map(({ outcome }) => outcome),
        ['superseded', 'succeeded'],
      );
      runs[service] = last;
    }
  }
}

async function settle(environment: Environment, runs: Record<string, string>, service: string): Promise<void> {
  const next = await release(service, 'good');
  const view = await end(await submit(environment, { ...runs, [service]: next }), 'good');
  assert.equal(view.outcome, 'succeeded', JSON.stringify(view.cause));
  runs[service] = next;
}

async function soak(environment: Environment, most: number): Promise<void> {
  const runs: Record<string, string> = {};
  for (const service of services) runs[service] = await release(service, 'good');
  const first = await end(await submit(environment, runs), 'good');
  assert.equal(first.outcome, 'succeeded', JSON.stringify(first.cause));
  while (ended.length < most && !hasFailed) {
    await rollOut(environment, runs, fates[Math.floor(chance() * fates.length)] ?? 'good');
    for (const service of services) {
      assert.equal(
        (await containersOf(ground.engine.api, environment, service)).length,
        1,
        `${environment} ${service}`,
      );
    }
  }
  const last = await end(await submit(environment, {}), 'good');
  assert.equal(last.outcome, 'succeeded', JSON.stringify(last.cause));
}

/** Resident memory of the server, in MiB, by its own account. */
async function serverMemory(): Promise<number> {
  const headers = { authorization: `Bearer ${ground.server.token}` };
  const answer = await fetch(`${ground.server.url}/metrics`, { headers, signal });
  const bytes = Number(/^process_resident_memory_bytes (\S+)/m.exec(await answer.text())?.[1]);
  return Math.round(bytes / 2 ** 20);
}

test(`${rollouts} rollouts in ${environments.length} environments side by side end rightly`, async () => {
  const before = await serverMemory();
  const runs = environments.map(async (environment) => {
    try {
      await soak(environment, rollouts);
    } catch (error) {
      hasFailed = true;
      throw error;
    }
  });
  // All of them come to their end before the first failure is told.
  await Promise.allSettled(runs);
  await Promise.all(runs);
  const tally = Map.groupBy(ended, ({ outcome }) => outcome ?? 'none');
  const told = [...tally].map(([outcome, { length }]) => `${length} ${outcome}`).toSorted();
  console.log(`fact: ${ended.length} rollouts, seed ${seed}: ${told.join(', ')}`);
  console.log(`fact: resident memory of the server: ${before} MiB before, ${await serverMemory()} MiB after`);
  assert.ok(ended.length >= rollouts);
});

test('nothing of them is left on the engine', async () => {
  for (const environment of environments) {
    assert.deepEqual(await servicesOn(ground.engine.api, environment), []);
    assert.deepEqual(await objectsOf(ground.engine.api, environment), []);
    for (const service of services) assert.deepEqual(await containersOf(ground.engine.api, environment, service), []);
  }
});

test('the ledger of all this verifies', async () => {
  const { code, stdout } = await ground.server.dray(['ledger', 'verify']);
  assert.equal(code, 0, stdout);
  console.log(`fact: ${stdout.trim().split('\n').at(-1)}`);
});
