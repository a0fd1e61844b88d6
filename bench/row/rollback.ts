import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitForPhase } from '../../test/engine/support/deployments.ts';
import type { Bench, BenchContext, Scenario } from '../../tool/bench/row.ts';
import { specText } from '../support/drayage.ts';
import { startEngineGround, type EngineGround } from '../support/engine-ground.ts';
import { hasFailed, isUpdating, look, writtenOf } from '../support/engine-state.ts';
import { serviceCount, serviceNames, sickService, type Version } from '../support/stack.ts';

const environment = 'ours';
const stack = 'theirs';
/** How often the specifications are looked at: the same for both sides. */
const watchMs = 15;
const pollMs = 250;
const settledMs = 120_000;

/** The way back once one of twenty services is seen to be sick, against `docker stack deploy` of the former file. */
export function rollbackScenario(): Scenario {
  return {
    rows: [
      {
        name: 'rollback',
        ours: 'from recording that one of 20 services is sick until the former version of all is written to the engine',
        theirs: '`docker stack deploy` of the former file, from the start of the command until the same is written',
        unit: 'ms',
        bound: 'at most',
        limit: 0.5,
        aim: null,
        allowance: 0,
      },
    ],
    onEngine: true,
    warmsUp: false,
    repetitions: 1,
    prepare: async (context) => await prepare(context),
  };
}

async function prepare(context: BenchContext): Promise<Bench> {
  const ground = await startEngineGround(context, {
    environments: [environment],
    checkSeconds: 3,
    checked: 'sick one',
  });
  try {
    const first = await deploy(ground, '1');
    const { outcome } = await waitForPhase(ground.server.client, first, 'ended', context.signal);
    assert.equal(outcome, 'succeeded');
    await ground.stackDeploy('1', stack);
    await untilSettled(ground, stack);
  } catch (error) {
    await ground.close();
    throw error;
  }
  return {
    facts: [
      ...ground.facts,
      `${serviceCount} services are taken from version 1 to version 3, in which ${sickService}, the only one with a health check, never becomes healthy; all specifications are looked at every ${watchMs} ms for the moment in which all are of version 1 again`,
      'Drayage sees it by itself, and its time begins with the ledger entry of what it saw; the baseline\'s time begins with the command, not with whoever has to notice: once a task of the sick service has failed and the engine updates no service any more, which would make the command fail with "update out of sequence"; should it do so even then, it is run again at once',
      'asserted: the deployment ends as rolled back, by the sick service; 20 of 20 run version 1 on both sides',
    ],
    measure: async (side) => ({
      rollback: await (side === 'ours' ? measureDrayage(ground, context.signal) : measureStack(ground)),
    }),
    close: async () => await ground.close(),
  };
}

async function deploy({ server }: EngineGround, version: Version): Promise<string> {
  const services = Object.fromEntries(serviceNames.map((service) => [service, version]));
  const document = { name: 'spec.yaml', text: specText(environment, services) };
  const body = { wanted: { kind: 'document' as const, document }, allowOlder: [...serviceNames] };
  const answer = await server.client.call('deploy', { body });
  assert.equal(answer.kind, 'accepted');
  return answer.deployment;
}

async function measureDrayage(ground: EngineGround, signal: AbortSignal): Promise<number> {
  const { client } = ground.server;
  const deployment = await deploy(ground, '3');
  await untilWritten(ground, environment, '3', 1);
  const writtenAt = await untilWritten(ground, environment, '1', serviceCount);
  const { outcome, cause } = await waitForPhase(client, deployment, 'ended', signal);
  assert.equal(outcome, 'rolled-back', JSON.stringify(cause));
  assert.equal(cause?.step, `one/${sickService}/${sickService}`, 'the sick service is the cause');
  const query = { order: 'newest', stream: `deployment/${deployment}`, limit: 1_000 } as const;
  const { entries } = await client.call('ledgerEntries', { query });
  const seen = entries.filter(({ kind }) => kind === 'step-failed' || kind === 'rollback-started');
  assert.ok(seen.length > 0, 'the ledger says what was seen');
  await untilSettled(ground, environment);
  return writtenAt - Math.min(...seen.map(({ time }) => time));
}

async function measureStack(ground: EngineGround): Promise<number> {
  const sinceAt = Date.now();
  await ground.stackDeploy('3', stack);
  const { api } = ground.engine;
  const isSeen = async () =>
    (await hasFailed(api, stack, { version: '3', sinceAt })) && !(await isUpdating(api, stack));
  for (const endMs = performance.now() + settledMs; !(await isSeen()); await sleep(pollMs))
    assert.ok(performance.now() < endMs, 'no task of the sick service fails, or the engine goes on updating others');
  const beganAt = Date.now();
  const written = untilWritten(ground, stack, '1', serviceCount);
  await ground.stackDeploy('1', stack);
  const writtenAt = await written;
  await untilSettled(ground, stack);
  return writtenAt - beganAt;
}

/** When so many services first have the version in their specification, in ms since 1970. */
async function untilWritten({ engine }: EngineGround, name: string, version: Version, count: number): Promise<number> {
  for (const endMs = performance.now() + settledMs; ; await sleep(watchMs)) {
    const written = await writtenOf(engine.api, name, version);
    if (written >= count) return Date.now();
    assert.ok(performance.now() < endMs, `${written} of ${count} services of ${name} have version ${version}`);
  }
}

async function untilSettled({ engine }: EngineGround, name: string): Promise<void> {
  for (const endMs = performance.now() + settledMs; ; await sleep(pollMs)) {
    const { written, running } = await look(engine.api, name, '1');
    if (written === serviceCount && running === serviceCount && !(await isUpdating(engine.api, name))) return;
    assert.ok(performance.now() < endMs, `${running} of ${serviceCount} services of ${name} run version 1`);
  }
}
