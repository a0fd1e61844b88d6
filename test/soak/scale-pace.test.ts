import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from './support/quantile.ts';
import type { Outcome } from '../../core/outcome.ts';
import type { DeploymentView } from '../../wire/deployment.ts';
import { viewOf, waitFor, waitForPhase } from '../engine/support/deployments.ts';
import { inTurns, registerScaled, startScaleGround, submitChange, type ScaleGround } from './support/scale-ground.ts';

/** 1,079 deployments an hour. */
const spacingMs = 3_600_000 / 1_079;
const minutes = Number(process.env['SCALE_MINUTES'] ?? 10);
const deployments = Math.round((minutes * 60_000) / spacingMs);
const services = Array.from({ length: Number(process.env['SCALE_SERVICES'] ?? 600) }, (_, index) => `service-${index}`);
const memoryMostMib = 1_024;
/** How long a deployment that nobody is in the way of may wait until it is under way, and until it has ended, in ms. */
const startLagMostMs = 10_000;
const endMostMs = 60_000;
const signal = AbortSignal.timeout(300_000 + minutes * 60_000);

/** What a deployment is to come to. */
const fates = ['succeeded', 'succeeded', 'succeeded', 'succeeded', 'rolled-back', 'succeeded', 'cancelled'] as const;

let ground: ScaleGround;
const failures: unknown[] = [];
const ended: { readonly view: DeploymentView; readonly fate: Outcome }[] = [];

before(async () => {
  const cluster = '{ engine: simulated, nodes: 50, limits: { stepsAtOnce: 200, startsAtOnce: 500 } }';
  const places = `clusters: { one: ${cluster} }\nenvironments: { prod: { clusters: [one] } }\n`;
  ground = await startScaleGround(() => `apiVersion: drayage/v1\nkind: Platform\n${places}`);
});

after(async () => await ground.stop());

async function register(service: string, version: string): Promise<void> {
  const more = '    deploy: { replicas: 2, update_config: { monitor: 5s } }\n';
  await registerScaled(ground, { service, version, more }, signal);
}

/** One deployment of one service, from its release to its end. */
async function deliver(number: number): Promise<void> {
  const { client } = ground.server;
  const service = services[(number * 7) % services.length] ?? '';
  const fate = fates[number % fates.length] ?? 'succeeded';
  const version = `${number + 2}.0.0${fate === 'rolled-back' ? '-crash' : ''}`;
  await register(service, version);
  const deployment = await submitChange(client, 'prod', { [service]: version }, signal);
  if (fate === 'cancelled') {
    await waitFor(client, deployment, ({ startedAt }) => startedAt !== null, signal);
    await client.call('cancelDeployment', { params: { deployment }, body: { leave: false } });
  }
  // What asks more often than a person would measures itself.
  while ((await viewOf(client, deployment)).phase !== 'ended') await sleep(1_000, undefined, { signal });
  ended.push({ view: await viewOf(client, deployment), fate });
}

test(`${services.length} services come up in one deployment`, async () => {
  await inTurns(services, async (service) => await register(service, '1.0.0'));
  const { cpuMs } = ground.usage();
  const beganMs = performance.now();
  const set = Object.fromEntries(services.map((service) => [service, '1.0.0']));
  const deployment = await submitChange(ground.server.client, 'prod', set, signal);
  const { outcome, cause } = await waitForPhase(ground.server.client, deployment, 'ended', signal);
  assert.equal(outcome, 'succeeded', JSON.stringify(cause));
  const took = `${Math.round(performance.now() - beganMs)} ms, ${ground.usage().cpuMs - cpuMs} ms of CPU`;
  console.log(`fact: ${services.length} services came up in one deployment in ${took}`);
});

test(`${deployments} deployments, one each ${(spacingMs / 1_000).toFixed(2)} s, end rightly, and none is lost`, async () => {
  const first = ground.usage();
  const beganMs = performance.now();
  const underWay: Promise<void>[] = [];
  for (let number = 0; number < deployments; number++) {
    await sleep(Math.max(0, beganMs + number * spacingMs - performance.now()), undefined, { signal });
    underWay.push(deliver(number).catch((error: unknown) => void failures.push(error)));
    if (number % 60 !== 59) continue;
    const { cpuMs, residentMib } = ground.usage();
    const share = Math.round(((cpuMs - first.cpuMs) / (performance.now() - beganMs)) * 100);
    console.log(`fact: after ${number + 1} deployments: ${residentMib} MiB, ${share} % of one core`);
  }
  // All of them come to their end before the first failure is told.
  await Promise.all(underWay);
  tellFigures(first.cpuMs);
  if (failures.length > 0) throw failures[0];
  const wrong = ended.filter(({ view, fate }) => view.outcome !== fate);
  assert.deepEqual(
    wrong.map(({ view }) => [view.id, view.outcome, view.cause?.summary]),
    [],
  );
  assert.equal(await countListed(), deployments + 1);
  assert.ok(quantile(startLags(), 1) < startLagMostMs, `${quantile(startLags(), 1)} ms until under way`);
  assert.ok(quantile(durations(), 1) < endMostMs, `${quantile(durations(), 1)} ms until ended`);
  const { peakMib } = ground.usage();
  assert.ok(peakMib < memoryMostMib, `${peakMib} MiB`);
});

/** By the server's own clock, in ms. */
function startLags(): readonly number[] {
  return ended.map(({ view }) => (view.startedAt ?? Infinity) - view.acceptedAt);
}

function durations(): readonly number[] {
  return ended.map(({ view }) => (view.endedAt ?? Infinity) - view.acceptedAt);
}

function tellFigures(cpuBeforeMs: number): void {
  const tally = Map.groupBy(ended, ({ view }) => view.outcome ?? 'none');
  const { cpuMs, residentMib, peakMib } = ground.usage();
  const told = (values: readonly number[]) =>
    `median ${quantile(values, 0.5)} ms, p99 ${quantile(values, 0.99)} ms, worst ${quantile(values, 1)} ms`;
  console.log(`fact: ${[...tally].map(([outcome, of]) => `${of.length} ${outcome}`).join(', ')}`);
  console.log(`fact: from accepted to under way: ${told(startLags())}`);
  console.log(`fact: from accepted to ended: ${told(durations())}`);
  const each = Math.round((cpuMs - cpuBeforeMs) / deployments);
  console.log(
    `fact: ${each} ms of the server's CPU a deployment; ${residentMib} MiB at the end, ${peakMib} MiB at most`,
  );
}

async function countListed(): Promise<number> {
  let count = 0;
  let cursor: string | undefined;
  do {
    const query = { environment: 'prod', limit: 100, ...(cursor === undefined ? {} : { cursor }) };
    const { items, next } = await ground.server.client.call('listDeployments', { query });
    count += items.length;
    cursor = next ?? undefined;
  } while (cursor !== undefined);
  return count;
}

test('the ledger of all this verifies', async () => {
  const { code, stdout } = await ground.server.dray(['ledger', 'verify']);
  assert.equal(code, 0, stdout);
  console.log(`fact: ${stdout.trim().split('\n').at(-1)}`);
});
