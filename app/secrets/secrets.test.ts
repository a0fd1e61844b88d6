import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isFault } from '../../core/fault.ts';
import { readEvent } from '../../core/ledger.ts';
import { secretBytesMost } from '../../core/secret.ts';
import { createHouses, registerRelease, testAdmin as actor } from '../../test/support/app-house.ts';
import { canary, largeCanary, placeOfSecret } from '../../test/support/canary.ts';
import { back, rejectsWith, secretUses, to } from '../../test/support/secret-house.ts';
import { streams } from '../append.ts';

const signal = AbortSignal.timeout(110_000);
const houses = createHouses(signal);
const { clock } = houses;
after(() => houses.close());

const plainPlatform = 'environments: { dev: { clusters: [fe] } }\n';

const { set, release, plan, accept, ended, deploy, versions, held } = secretUses(clock, signal);

test('a rotation is a deployment: planned as a change of version, carried out, and taken back as a whole', async () => {
  const it = await houses.house(plainPlatform);
  await release(it, '1');
  await rejectsWith('plan.secret-missing', () => plan(it, to('1')));
  await set(it, canary('first'));
  await deploy(it, to('1'));
  assert.deepEqual(await versions(it), ['1']);
  assert.equal(held(it).length, 1);
  await set(it, canary('second'));
  const { plan: planned } = await plan(it, to('1'));
  const [step] = planned.waves.flat();
  assert.ok(step?.change.kind === 'update' && step.change.restarts);
  assert.ok(step.notes.includes('secret db-password: version 1 -> 2'), step.notes.join());
  await deploy(it, to('1'));
  assert.deepEqual(await versions(it), ['2']);
  await deploy(it, back);
  assert.deepEqual(await versions(it), ['1']);
  const access = await it.store.stream(streams.secretAccess('dev', 'db-password'), signal);
  const opened = access.map(readEvent).map((event) => (event.kind === 'secret-opened' ? event.version : event.kind));
  assert.deepEqual(opened, ['1', '2'], 'the way back found the first version on the engine');
});

test('going back to a revoked version is refused before anything is changed', async () => {
  const it = await houses.house(plainPlatform);
  await release(it, '1');
  await set(it, canary('first'));
  await deploy(it, to('1'));
  await set(it, canary('second'));
  await deploy(it, to('1'));
  const of = { environment: 'dev', secret: 'db-password', version: 1 };
  await it.running.app.revokeSecret(actor, of, signal);
  assert.equal((await it.running.app.revokeSecret(actor, of, signal)).version, 1);
  await rejectsWith('secret.revoked', () => plan(it, back));
  await rejectsWith('secret.unknown', () => it.running.app.revokeSecret(actor, { ...of, version: 9 }, signal));
  assert.deepEqual(await versions(it), ['2']);
  const [listed] = await it.running.app.secrets('dev', signal);
  assert.deepEqual(
    listed?.versions.map(({ revokedAt }) => revokedAt === null),
    [false, true],
  );
  const [row] = await it.store.secretVersions('dev', signal);
  assert.equal(await it.store.blob(row?.sealed ?? '', signal), null);
});

test('rotations leave no more on the engine than a rollback reaches', async () => {
  const it = await houses.house(plainPlatform);
  await release(it, '1');
  for (let round = 0; round < 7; round++) {
    await set(it, canary(`round${round}`));
    await deploy(it, to('1'));
  }
  while (held(it).length > 6) await clock.sleep(500, signal);
  assert.deepEqual(await versions(it), ['7']);
  assert.equal(held(it).length, 6);
});

test('of two that set a secret at once one is told that it was not taken', async () => {
  const it = await houses.house(plainPlatform);
  const both = await Promise.allSettled([set(it, canary('mine'), { base: 0 }), set(it, canary('yours'), { base: 0 })]);
  assert.deepEqual(both.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
  const lost = both.find((one) => one.status === 'rejected');
  assert.ok(lost?.status === 'rejected' && isFault(lost.reason, 'secret.conflict'));
  assert.equal((await it.running.app.secrets('dev', signal))[0]?.versions.length, 1);
});

test('two rotations at once: the one waits for the other, and the newest version runs', async () => {
  const it = await houses.house(plainPlatform);
  await release(it, '1');
  await set(it, canary('first'));
  await deploy(it, to('1'));
  await set(it, canary('second'));
  const first = await accept(it, to('1'));
  await set(it, canary('third'));
  const second = await accept(it, to('1'));
  await ended(it, first, 'succeeded');
  await ended(it, second, 'succeeded');
  assert.deepEqual(await versions(it), ['3']);
  assert.equal(held(it).length, 3, 'each of the three is reached by a rollback');
});

test('two rotations of the key at once leave one key, which opens everything', async () => {
  const it = await houses.house(plainPlatform);
  await release(it, '1');
  await set(it, canary('first'));
  const rotated = await Promise.all([1, 2].map(() => it.running.app.rotateSecretKey(actor, signal)));
  assert.deepEqual(
    rotated.map(({ versions: sealed }) => sealed),
    [1, 1],
  );
  await deploy(it, to('1'));
});

test('a value has at least one byte and at most what an engine takes, and need not be text', async () => {
  const it = await houses.house(plainPlatform);
  await rejectsWith('request.invalid', () => set(it, ''));
  await rejectsWith('request.too-large', () => set(it, largeCanary(secretBytesMost + 1)));
  await rejectsWith('environment.unknown', () =>
    it.running.app.setSecret(
      actor,
      { environment: 'nowhere', secret: 'a', value: Buffer.from('a'), base: null },
      signal,
    ),
  );
  await set(it, largeCanary(secretBytesMost, true));
  await release(it, '1');
  await deploy(it, to('1'));
});

test('a value too short to be taken out of logs is refused, whoever keeps it', async () => {
  const it = await houses.house(plainPlatform);
  for (const short of ['a', '123', '123\n', 'ab\r\ncd\n', 'äöü'])
    await rejectsWith('secret.too-short', () => set(it, short));
  assert.deepEqual(await it.running.app.secrets('dev', signal), []);
  for (const enough of ['1234', 'ab\ncdef', Buffer.from([0xff])]) await set(it, enough);
  const other = await houses.house(
    'environments: { dev: { clusters: [fe], secrets: { db-password: { file: password.txt } } } }\n',
  );
  await release(other, '1');
  await writeFile(join(other.directory, 'password.txt'), '123\n');
  await rejectsWith('secret.too-short', () => plan(other, to('1')));
  await writeFile(join(other.directory, 'password.txt'), '1234\n');
  await deploy(other, to('1'));
});

test('a value that became too short leaves what runs and the way back alone, and refuses what needs it', async () => {
  const it = await houses.house(
    'environments: { dev: { clusters: [fe], secrets: { db-password: { file: password.txt } } } }\n',
  );
  const file = placeOfSecret(join(it.directory, 'password.txt'));
  for (const version of ['1', '2']) {
    await release(it, version);
    await writeFile(file, canary(version));
    await deploy(it, to(version));
  }
  const second = await versions(it);
  await writeFile(file, '12\n');
  const { warnings, plan: planned } = await plan(it, to('1'));
  assert.match(warnings.join(), /db-password of dev has fewer than 4 characters\. .*keeps the version that it has/);
  assert.equal(planned.waves.flat().length, 1);
  await deploy(it, back);
  assert.notDeepEqual(await versions(it), second);
  const extra = '    secrets: [password]\nsecrets: { password: { external: true, name: db-password } }\n';
  await registerRelease(it, actor, { service: 'web', version: '1', extra }, signal);
  await rejectsWith('secret.too-short', () => plan(it, { kind: 'change', environment: 'dev', set: { web: '1' } }));
});

test('a new key seals everything, and what a wrong key file would do is refused', async () => {
  const it = await houses.house(plainPlatform);
  await release(it, '1');
  await set(it, canary('first'));
  const file = join(it.directory, 'secrets.key');
  const before = await readFile(file, 'utf8');
  const { versions: sealed } = await it.running.app.rotateSecretKey(actor, signal);
  assert.equal(sealed, 1);
  assert.notEqual(await readFile(file, 'utf8'), before);
  await deploy(it, to('1'));
  const after = await readFile(file, 'utf8');
  await writeFile(file, before);
  await rejectsWith('secret.key-wrong', () => it.running.app.rotateSecretKey(actor, signal));
  await rm(file);
  await rejectsWith('secret.key-missing', () => set(it, canary('second')));
  await writeFile(file, after, { mode: 0o600 });
  await set(it, canary('second'));
  await deploy(it, to('1'));
});

test('a source that is silent leaves what runs alone, and a deployment that needs it waits, then names it', async () => {
  const it = await houses.house(
    'environments: { dev: { clusters: [fe], stepDeadline: 60s, secrets: { db-password: { file: password.txt } } } }\n',
  );
  const file = placeOfSecret(join(it.directory, 'password.txt'));
  await release(it, '1');
  await release(it, '2');
  await rejectsWith('secret.unreachable', () => plan(it, to('1')));
  await rejectsWith('secret.elsewhere', () => set(it, 'a'));
  await writeFile(file, canary('file'));
  await deploy(it, to('1'));
  const first = await versions(it);
  await rm(file);
  const { warnings, plan: planned } = await plan(it, to('2'));
  assert.match(warnings.join(), /password\.txt cannot be read now: ENOENT.*keeps the version that it has/);
  assert.equal(planned.waves.flat().length, 1);
  await deploy(it, to('2'));
  assert.deepEqual(await versions(it), first, 'the engine has it already');
  await writeFile(file, canary('later'));
  // The value is asked for only when the engine has let the write wait a while.
  it.engine.trouble({ delayMs: 4_000 });
  const deployment = await accept(it, to('2'));
  await rm(file);
  await clock.sleep(5_000, signal);
  it.engine.trouble({ delayMs: 0 });
  const { entries } = await ended(it, deployment, 'rolled-back');
  const failed = entries.map(readEvent).find((event) => event.kind === 'step-failed');
  assert.ok(failed?.kind === 'step-failed' && failed.cause.kind === 'engine-refused', JSON.stringify(failed));
  assert.equal(failed.cause.code, 'secret.unreachable');
  assert.match(failed.cause.message, /password\.txt cannot be read now: ENOENT\. It was waited for 40 s\./);
  assert.deepEqual(await versions(it), first);
});

test('before lines are read, the secrets of who says them are known again, whatever was noted since', async () => {
  const it = await houses.house(plainPlatform);
  await release(it, '1');
  const value = canary('again');
  await set(it, value);
  await deploy(it, to('1'));
  const of = { service: 'cart', component: null, cluster: null, tail: 1, follow: false };
  const readLines = async () => await Array.fromAsync(it.running.app.logs(actor, 'dev', of, signal));
  await readLines();
  for (let number = 0; number < 1_000; number++) it.memory.note(`another secret ${number}`);
  assert.ok(!it.memory.values().includes(value));
  await readLines();
  assert.ok(it.memory.values().includes(value));
});
