import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitForPhase } from '../../test/engine/support/deployments.ts';
import type { Bench, BenchContext, Scenario } from '../../tool/bench/row.ts';
import { specText } from '../support/drayage.ts';
import { startEngineGround, type EngineGround } from '../support/engine-ground.ts';
import { look, objectVersions } from '../support/engine-state.ts';
import { serviceCount, serviceNames } from '../support/stack.ts';

const environment = 'ours';
const stack = 'theirs';
const pollMs = 250;
const healthyMs = 120_000;

/** Deploying once more what runs already, against the same with `docker stack deploy`. */
export function noOpScenario(): Scenario {
  return {
    rows: [
      {
        name: 'no-op',
        ours: 'deploying 20 services that run already, from the request to the answer, with no write to the engine',
        theirs: '`docker stack deploy` of the same 20 services that run already, from start to end of the command',
        unit: 'ms',
        bound: 'at most',
        limit: 0.3,
        aim: null,
        allowance: 0,
      },
    ],
    onEngine: true,
    warmsUp: true,
    repetitions: 7,
    prepare: async (context) => await prepare(context),
  };
}

async function prepare(context: BenchContext): Promise<Bench> {
  const ground = await startEngineGround(context, {
    environments: [environment],
    checkSeconds: 3,
    checked: 'sick one',
  });
  const services = Object.fromEntries(serviceNames.map((service) => [service, '1']));
  const document = { name: 'spec.yaml', text: specText(environment, services) };
  const deploy = async () =>
    await ground.server.client.call('deploy', { body: { wanted: { kind: 'document', document } } });
  try {
    const answer = await deploy();
    assert.equal(answer.kind, 'accepted');
    const { outcome } = await waitForPhase(ground.server.client, answer.deployment, 'ended', context.signal);
    assert.equal(outcome, 'succeeded');
    await ground.stackDeploy('1', stack);
    await untilRunning(ground, stack);
  } catch (error) {
    await ground.close();
    throw error;
  }
  const measureDrayage = async (): Promise<number> => {
    const before = await objectVersions(ground.engine.api);
    const beganMs = performance.now();
    const { kind } = await deploy();
    const ms = performance.now() - beganMs;
    assert.equal(kind, 'nothing-to-do');
    await sleep(pollMs); // a write that were under way would show
    assert.deepEqual(await objectVersions(ground.engine.api), before, 'nothing on the engine was written');
    return ms;
  };
  const measureStack = async (): Promise<number> => {
    const ms = await ground.stackDeploy('1', stack);
    await untilRunning(ground, stack);
    return ms;
  };
  return {
    facts: [
      ...ground.facts,
      'both sets of services run on the same engine all the time',
      'asserted: Drayage says that there is nothing to do, and not one object of the engine has another version, is new or is gone; after `docker stack deploy` 20 of 20 run',
    ],
    measure: async (side) => ({ 'no-op': await (side === 'ours' ? measureDrayage() : measureStack()) }),
    close: async () => await ground.close(),
  };
}

async function untilRunning({ engine }: EngineGround, name: string): Promise<void> {
  for (const endMs = performance.now() + healthyMs; ;) {
    const { running } = await look(engine.api, name, '1');
    if (running === serviceCount) return;
    assert.ok(performance.now() < endMs, `${running} of ${serviceCount} services of ${name} run`);
    await sleep(pollMs);
  }
}
