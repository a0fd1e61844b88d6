import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startField, type Field } from '../soak/support/field.ts';
import { openTrial, type Trial } from '../soak/support/trial.ts';
import { waitFor } from './support/deployments.ts';

const signal = AbortSignal.timeout(240_000);

let field: Field;
let trial: Trial;

before(async () => {
  field = await startField({
    fe: { managers: 1, workers: 1, endpoint: 0 },
    be: { managers: 1, workers: 0, endpoint: 0 },
    tags: ['one', 'two', 'late'],
    signal,
  });
  trial = await openTrial(field, 3, signal);
});

after(async () => await field.stop());

test('a manager that loses its power during a rollout is waited for, said so, and the rollout goes on after it', async () => {
  const rollout = await trial.begin('fe', ({ length }) => length >= 1);
  const [manager] = field.fe.managers;
  await manager.crash();
  const { holds, phase } = await waitFor(
    field.server.client,
    rollout.deployment,
    (view) => view.holds.length > 0,
    signal,
  );
  assert.match(holds.join(), /cluster fe: .*does not answer/);
  assert.equal(phase, 'active');
  await trial.assertUndisturbed('be', async () => await manager.restart(signal));
  await trial.assertEnd('fe', await rollout.end(), 'succeeded');
});

test('a registry that hangs and answers in time delays a rollout, which succeeds', async () => {
  const pid = field.registry().pid();
  const rollout = await trial.submit('fe', 'late', async () => void process.kill(pid, 'SIGSTOP'));
  await sleep(3_000, undefined, { signal });
  process.kill(pid, 'SIGCONT');
  await trial.assertEnd('fe', await rollout.end(), 'succeeded');
});
