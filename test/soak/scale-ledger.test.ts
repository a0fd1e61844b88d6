import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock } from '../../adapter/system-clock.ts';
import { openSqliteStore } from '../../store/sqlite/store.ts';
import { fill } from '../../tool/seed/fill.ts';
import { illRelease, makeWorld, type World } from '../../tool/seed/world.ts';
import { waitForPhase } from '../engine/support/deployments.ts';
import { repeatDeployments } from './support/many-deployments.ts';
import { quantile } from './support/quantile.ts';
import { inTurns, startScaleGround, submitChange, type ScaleGround } from './support/scale-ground.ts';

const deployments = Number(process.env['SCALE_DEPLOYMENTS'] ?? 100_000);
const size = { services: 200, environments: 5, clusters: 2 };
/** Services of each environment of which there are deployments to repeat. */
const repeatedServices = 12;
const warmUps = 100;
const requests = 1_000;
const p99MostMs = 100;
const signal = AbortSignal.timeout(1_500_000);

let ground: ScaleGround;
let world: World;
let ids: readonly string[];

before(async () => {
  ground = await startScaleGround((registry) => {
    world = makeWorld(size, registry);
    return world.platform;
  });
  const { client } = ground.server;
  const tell = (line: string) => console.log(line);
  await fill({ client, world, registry: ground.registry, tell, signal });
  await makeExamples();
  await ground.server.stop();
  const store = await openSqliteStore({ directory: ground.data, clock: systemClock, signal });
  try {
    const beganMs = performance.now();
    ids = await repeatDeployments(store, deployments, signal);
    const { sequence } = await store.head(signal);
    const tookMs = Math.round(performance.now() - beganMs);
    console.log(`fact: ${deployments} deployments written in ${tookMs} ms: ${sequence} entries`);
  } finally {
    await store.close();
  }
  const beganMs = performance.now();
  await ground.server.start();
  console.log(`fact: the server was ready ${Math.round(performance.now() - beganMs)} ms after its start`);
});

after(async () => await ground.stop());

/** In each environment some services go to their other version and back, and the first one crashes. */
async function makeExamples(): Promise<void> {
  const { client } = ground.server;
  const moves = world.environments.flatMap((environment) => {
    const spec = world.spec(environment);
    return world.services
      .slice(1, 1 + repeatedServices)
      .map((service) => ({ environment, service, from: spec[service] }));
  });
  await inTurns(moves, async ({ environment, service, from = '' }) => {
    const other = world.releases.find((it) => it.service === service && it.version !== from)?.version ?? '';
    for (const version of [other, from]) await end(environment, service, version);
  });
  const ill = world.services[0] ?? '';
  const { service, version, text } = illRelease(ill, '2.0.0-crash', ground.registry);
  await client.call('createRelease', { body: { service, version, compose: { name: 'compose.yaml', text } }, signal });
  await inTurns(world.environments, async (environment) => await end(environment, service, version));
}

async function end(environment: string, service: string, version: string): Promise<void> {
  const deployment = await submitChange(ground.server.client, environment, { [service]: version }, signal);
  await waitForPhase(ground.server.client, deployment, 'ended', signal);
}

const pick = <T>(items: readonly T[], number: number): T | undefined => items[(number * 7_919) % items.length];

/** What is asked for, by the number of the request. */
const questions: Readonly<Record<string, (number: number) => string>> = {
  list: () => '/v1/deployments?limit=50',
  'list of an environment': (number) => `/v1/deployments?limit=50&environment=${pick(world.environments, number)}`,
  'list of a service': (number) => `/v1/deployments?limit=50&service=${pick(world.services.slice(1, 13), number)}`,
  'list of an outcome': () => '/v1/deployments?limit=50&outcome=rolled-back',
  'list of an environment by outcome': (number) =>
    `/v1/deployments?limit=50&environment=${pick(world.environments, number)}&outcome=failed`,
  show: (number) => `/v1/deployments/${pick(ids, number)}`,
  environment: (number) => `/v1/environments/${pick(world.environments, number)}`,
  overview: () => '/v1/overview?limit=50',
};

async function ask(path: string): Promise<number> {
  const headers = { authorization: `Bearer ${ground.server.token}` };
  const beganMs = performance.now();
  const answer = await fetch(`${ground.server.url}${path}`, { headers, signal });
  const body = await answer.text();
  const tookMs = performance.now() - beganMs;
  assert.equal(answer.status, 200, body);
  return tookMs;
}

async function measure(question: (number: number) => string, clients: number): Promise<readonly number[]> {
  const times: number[] = [];
  let next = 0;
  const work = async () => {
    while (next < requests) {
      next += 1;
      times.push(await ask(question(next)));
    }
  };
  await Promise.all(Array.from({ length: clients }, work));
  return times;
}

for (const [what, question] of Object.entries(questions)) {
  test(`among ${deployments} deployments 99 of 100 answers to "${what}" come within ${p99MostMs} ms`, async () => {
    for (let number = 0; number < warmUps; number++) await ask(question(number));
    for (const clients of [1, 8]) {
      const { cpuMs } = ground.usage();
      const times = await measure(question, clients);
      const each = ((ground.usage().cpuMs - cpuMs) / requests).toFixed(2);
      const told = [0.5, 0.99, 1].map((share) => quantile(times, share)).join(' / ');
      console.log(`fact: ${what}, ${clients} at once: median / p99 / worst ${told} ms; ${each} ms of CPU each`);
      assert.ok(quantile(times, 0.99) < p99MostMs, `p99 is ${quantile(times, 0.99)} ms`);
    }
  });
}

test('the server holds all of it in little memory, and its ledger verifies', async () => {
  const { residentMib, peakMib } = ground.usage();
  console.log(`fact: ${residentMib} MiB at the end, ${peakMib} MiB at most`);
  const { code, stdout } = await ground.server.dray(['ledger', 'verify'], { limitMs: 600_000 });
  assert.equal(code, 0, stdout);
  console.log(`fact: ${stdout.trim().split('\n').at(-1)}`);
});
