import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { canary, largeCanary } from '../support/canary.ts';
import { startSecretFloor, type SecretFloor } from './support/secret-floor.ts';

const signal = AbortSignal.timeout(240_000);
let floor: SecretFloor;
/** The second is no text. */
const [first, second] = [canary('first'), largeCanary(2_000, true)];

before(async () => {
  floor = await startSecretFloor(signal);
});

after(async () => await floor.stop());

test('a secret rotates under load, the server killed in the middle of it, without a failed request', async () => {
  await floor.set(first);
  await floor.deploy();
  await floor.serves(first);
  assert.match(await floor.mode(), new RegExp(`-r--r-----.* 7 +8 +${first.length} `));
  await floor.set(second);
  await floor.deployThroughKill(1_500);
  await floor.serves(second);
  assert.deepEqual(await floor.failures(), []);
  const names = await floor.secrets();
  assert.equal(names.length, 2, 'those that a rollback reaches');
  assert.ok(names.every((name) => /^drayage-secret-[0-9a-f]{32}$/.test(name)));
});

test('with --restart never a rotation leaves the tasks as they are until something else restarts them', async () => {
  const third = canary('third');
  const before = (await floor.tasks()).toSorted();
  assert.equal(before.length, 2);
  await floor.set(third);
  assert.deepEqual(await floor.withhold(), ['vault 2 of 3']);
  assert.deepEqual(await floor.users(), ['2: vault']);
  await floor.serves(second);
  assert.deepEqual((await floor.tasks()).toSorted(), before);
  assert.deepEqual(await floor.change('warn'), [], 'what restarts takes the newest along');
  await floor.serves(third);
  assert.deepEqual(await floor.users(), ['3: vault']);
  const after = await floor.tasks();
  assert.ok(after.length === 2 && after.every((id) => !before.includes(id)));
  assert.deepEqual(await floor.failures(), []);
});
