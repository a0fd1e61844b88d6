import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineNode } from '../../local/engine-node.ts';
import type { DeploymentView } from '../../wire/deployment.ts';
import { waitFor } from '../engine/support/deployments.ts';
import { environments, startField, type Field } from './support/field.ts';
import { openTrial, type Rollout, type Trial } from './support/trial.ts';
import { containersOn, type Container } from './support/truth.ts';

const signal = AbortSignal.timeout(1_500_000);

let field: Field;
let trial: Trial;

before(async () => {
  field = await startField({
    fe: { managers: 1, workers: 2, endpoint: 0 },
    // The first manager leads; the server talks to a follower.
    be: { managers: 3, workers: 0, endpoint: 1 },
    tags: ['one', 'two', 'gone', 'late'],
    signal,
  });
  trial = await openTrial(field, 6, signal);
});

after(async () => await field.stop());

const isOn = (node: EngineNode) => (container: Container) => container.node === node.name;

/** Begins a rollout on `fe`; a worker of it on which a container of the new version has just been made. */
async function beginOnWorker(): Promise<{ readonly rollout: Rollout; readonly worker: EngineNode }> {
  const { workers } = field.fe;
  const rollout = await trial.begin('fe', (fresh) => workers.some((worker) => fresh.some(isOn(worker))));
  const worker = workers.find((each) => rollout.fresh.some(isOn(each)));
  assert.ok(worker !== undefined);
  return { rollout, worker };
}

async function endUndisturbed(other: 'fe' | 'be', rollout: Rollout): Promise<DeploymentView> {
  return await trial.assertUndisturbed(other, async () => await rollout.end());
}

test('a worker that loses its power during a rollout is replaced by the others, and the rollout succeeds', async () => {
  const { rollout, worker } = await beginOnWorker();
  await worker.crash();
  await trial.assertEnd('fe', await endUndisturbed('be', rollout), 'succeeded');
  await worker.restart(signal);
  await trial.assertSettled('fe');
});

test('a worker whose link is cut runs on alone, the rollout succeeds without it, and its old containers end later', async () => {
  const { rollout, worker } = await beginOnWorker();
  const alone = (await trial.carts('fe')).filter(isOn(worker));
  await worker.cut();
  const view = await endUndisturbed('be', rollout);
  assert.equal(view.outcome, 'succeeded', JSON.stringify(view.cause));
  const old = (await containersOn([worker], environments.fe, 'fe-cart')).map(({ id }) => id);
  assert.ok(
    alone.some(({ id }) => old.includes(id)),
    'none of its containers ran on',
  );
  await worker.mend();
  await trial.assertEnd('fe', view, 'succeeded');
});

/** A container that was ended from outside is one that failed: a driver cannot tell that it was not its own fault. */
async function assertRolledBackFor(worker: EngineNode, rollout: Rollout): Promise<void> {
  const view = await endUndisturbed('be', rollout);
  await trial.assertEnd('fe', view, 'rolled-back');
  assert.deepEqual([view.cause?.kind, view.cause?.node], ['task-failed', worker.name]);
  assert.match(view.cause?.hint ?? '', /from outside/);
}

test('a worker whose daemon is restarted ends its containers: rolled back, and its cause names the node', async () => {
  const { rollout, worker } = await beginOnWorker();
  await worker.restart(signal);
  await assertRolledBackFor(worker, rollout);
});

test('a worker whose daemon is killed and comes back ends its containers: rolled back, naming the node', async () => {
  const { rollout, worker } = await beginOnWorker();
  await worker.kill();
  await worker.restart(signal);
  await assertRolledBackFor(worker, rollout);
});

test('a swarm whose leader loses its power elects another, and the rollout succeeds', async () => {
  const rollout = await trial.begin('be');
  const [leader] = field.be.managers;
  await leader.crash();
  const view = await endUndisturbed('fe', rollout);
  await trial.assertEnd('be', view, 'succeeded');
  await leader.restart(signal);
  await trial.assertSettled('be');
});

test('while the only manager that Drayage talks to is gone the rollout waits and says so, and goes on after it', async () => {
  const rollout = await trial.begin('fe');
  const [manager] = field.fe.managers;
  await manager.crash();
  const { client } = field.server;
  const waits = await waitFor(client, rollout.deployment, ({ holds }) => holds.length > 0, signal);
  assert.match(waits.holds.join(), /cluster fe: .*does not answer/);
  assert.equal(waits.phase, 'active');
  await trial.assertUndisturbed('be', async () => await sleep(5_000, undefined, { signal }));
  await manager.restart(signal);
  const view = await rollout.end();
  await trial.assertEnd('fe', view, 'succeeded');
});

test('with the registry down, a new image cannot be pulled: rolled back with that cause, and what ran goes on', async () => {
  const [fe, be] = [await trial.carts('fe'), await trial.carts('be')];
  const rollout = await trial.submit('fe', 'gone', async () => await field.registry().stop());
  const view = await rollout.end();
  await trial.assertEnd('fe', view, 'rolled-back');
  assert.equal(view.cause?.kind, 'task-failed');
  assert.match(view.cause.summary, /No such image/);
  assert.match(view.cause.hint ?? '', /the registry/i);
  assert.deepEqual([await trial.carts('fe'), await trial.carts('be')], [fe, be]);
  await field.restartRegistry();
});

test('a registry that hangs and answers in time delays a rollout, which succeeds', async () => {
  const pid = field.registry().pid();
  const rollout = await trial.submit('fe', 'late', async () => void process.kill(pid, 'SIGSTOP'));
  await sleep(6_000, undefined, { signal });
  process.kill(pid, 'SIGCONT');
  await trial.assertEnd('fe', await endUndisturbed('be', rollout), 'succeeded');
});
