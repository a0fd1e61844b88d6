import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitForPhase } from '../../test/engine/support/deployments.ts';
import type { Bench, BenchContext, Figures, Scenario } from '../../tool/bench/row.ts';
import { specText } from '../support/drayage.ts';
import { startEngineGround, type EngineGround } from '../support/engine-ground.ts';
import { clear, look, type Seen } from '../support/engine-state.ts';
import { serviceCount, serviceNames } from '../support/stack.ts';

const repetitions = 2;
const checkSeconds = 3;
const pollMs = 250;
const healthyMs = 120_000;

/** Twenty services onto a real engine, against `docker stack deploy` of the same. */
export function rolloutScenario(): Scenario {
  const theirs = '`docker stack deploy` of the same 20 services, from the start of the command';
  return {
    rows: [
      {
        name: 'submit',
        ours: 'from sending a deployment of 20 services until the last of them is created on a real engine',
        theirs,
        unit: 'ms',
        bound: 'at most',
        limit: 0.5,
        aim: 0.25,
        allowance: 0,
      },
      {
        name: 'healthy',
        ours: 'from sending a deployment of 20 services until 20 of 20 are healthy, at most 20 starting at once',
        theirs,
        unit: 'ms',
        bound: 'at most',
        limit: 1.15,
        aim: 1,
        allowance: 0,
      },
    ],
    onEngine: true,
    warmsUp: true,
    repetitions,
    prepare: async (context) => await prepare(context),
  };
}

async function prepare(context: BenchContext): Promise<Bench> {
  const environments = Array.from({ length: context.pairs * repetitions + 1 }, (_, index) => `ours-${index}`);
  const ground = await startEngineGround(context, { environments, checkSeconds, checked: 'each' });
  let ours = 0;
  let theirs = 0;
  return {
    facts: [
      ...ground.facts,
      `${serviceCount} services of one replica with a health check each 3 s; both times are by the engine's own clock: when the last service was created, when the last task came to run`,
      'each time on an engine without any service or container of one; what was made is removed outside of the time',
      'asserted: the deployment succeeded; one task of each service runs, and nothing else',
    ],
    measure: async (side) =>
      side === 'ours'
        ? await measureDrayage(ground, `ours-${ours++}`, context)
        : await measureStack(ground, `theirs-${theirs++}`),
    close: async () => await ground.close(),
  };
}

async function measureDrayage(ground: EngineGround, environment: string, { signal }: BenchContext): Promise<Figures> {
  const { client } = ground.server;
  const services = Object.fromEntries(serviceNames.map((service) => [service, '1']));
  const document = { name: 'spec.yaml', text: specText(environment, services) };
  const sentAt = Date.now();
  const answer = await client.call('deploy', { body: { wanted: { kind: 'document', document } } });
  assert.equal(answer.kind, 'accepted');
  const seen = await untilHealthy(ground, environment);
  const { outcome, cause } = await waitForPhase(client, answer.deployment, 'ended', signal);
  assert.equal(outcome, 'succeeded', JSON.stringify(cause));
  return await figuresOf(ground, { stack: environment, sentAt, seen });
}

async function measureStack(ground: EngineGround, stack: string): Promise<Figures> {
  const sentAt = Date.now();
  await ground.stackDeploy('1', stack);
  const seen = await untilHealthy(ground, stack);
  return await figuresOf(ground, { stack, sentAt, seen });
}

async function figuresOf(
  { engine }: EngineGround,
  { stack, sentAt, seen }: { readonly stack: string; readonly sentAt: number; readonly seen: Seen },
): Promise<Figures> {
  await clear(engine.api, stack);
  return { submit: seen.createdAt - sentAt, healthy: seen.runningAt - sentAt };
}

async function untilHealthy({ engine }: EngineGround, stack: string): Promise<Seen> {
  for (const endMs = performance.now() + healthyMs; ;) {
    const seen = await look(engine.api, stack, '1');
    if (seen.services === serviceCount && seen.running === serviceCount) return seen;
    assert.ok(performance.now() < endMs, `${seen.running} of ${serviceCount} services of ${stack} run`);
    await sleep(pollMs);
  }
}
