import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { rollbackWindow } from '../../core/rollout/needed.ts';
import { canary } from '../support/canary.ts';
import { startSecretFloor, type SecretFloor } from '../engine/support/secret-floor.ts';

const signal = AbortSignal.timeout(900_000);
let floor: SecretFloor;
const values = Array.from({ length: 11 }, (_, round) => canary(`round${round}`));
const valueOf = (round: number) => values[round] ?? assert.fail();

before(async () => {
  floor = await startSecretFloor(signal);
});

after(async () => await floor.stop());

test('ten rotations under load, every second with a kill, lose no request and leave no garbage', async () => {
  await floor.set(valueOf(0));
  await floor.deploy();
  for (let round = 1; round <= 10; round++) {
    await floor.set(valueOf(round));
    await (round % 2 === 0 ? floor.deployThroughKill(200 * round) : floor.deploy());
    await floor.serves(valueOf(round));
  }
  assert.deepEqual(await floor.failures(), []);
  while ((await floor.secrets()).length > rollbackWindow + 1) await sleep(1_000, undefined, { signal });
});
