import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import type { FaultCode } from '../../core/fault.ts';
import { readEvent } from '../../core/ledger.ts';
import { createHouses, registerRelease, testAdmin, type House } from '../../test/support/app-house.ts';
import { back, rejectsWith, secretUses, to } from '../../test/support/secret-house.ts';
import { asYaml, sealFile, sealTo, type PlainMap } from '../../test/support/sops-file.ts';

const signal = AbortSignal.timeout(110_000);
const houses = createHouses(signal);
const { clock } = houses;
after(() => houses.close());

const { release, plan, accept, ended, deploy, versions } = secretUses(clock, signal);

const platform = `environments:
  dev:
    clusters: [fe]
    stepDeadline: 60s
    secrets: { db-password: { sops: { file: prod.enc.yaml, key: [db, password], identity: keys.txt } } }
`;

async function seal({ directory }: House, identity: string, password: string): Promise<void> {
  const file = await sealedWith(identity, { db: { password, note_unencrypted: 'of nobody' } });
  await writeFile(join(directory, 'prod.enc.yaml'), asYaml(file));
}

async function sealedWith(identity: string, values: PlainMap) {
  return await sealFile({ values, seal: [sealTo(await identityToRecipient(identity))] });
}

test('a SOPS file is read when a plan is made: a value changed there is a rotation, sealing it anew is none', async () => {
  const it = await houses.house(platform);
  const identity = await generateX25519Identity();
  await writeFile(join(it.directory, 'keys.txt'), identity, { mode: 0o600 });
  await release(it, '1');
  await rejectsWith('secret.unreachable', () => plan(it, to('1')));
  await seal(it, identity, 'first value');
  await deploy(it, to('1'));
  const first = await versions(it);
  await seal(it, identity, 'first value');
  assert.deepEqual((await plan(it, to('1'))).plan.waves, []);
  await seal(it, identity, 'second value');
  await deploy(it, to('1'));
  assert.notDeepEqual(await versions(it), first);
});

test('an identity of somebody else leaves what runs alone, and ends a deployment that waited for the right one', async () => {
  const it = await houses.house(platform);
  const keys = join(it.directory, 'keys.txt');
  const identity = await generateX25519Identity();
  await writeFile(keys, identity, { mode: 0o600 });
  await seal(it, identity, 'first value');
  await release(it, '1');
  await deploy(it, to('1'));
  const first = await versions(it);
  await seal(it, identity, 'second value');
  // The value is asked for only when the engine has let the write wait a while.
  it.engine.trouble({ delayMs: 4_000 });
  const deployment = await accept(it, to('1'));
  await writeFile(keys, await generateX25519Identity());
  await clock.sleep(5_000, signal);
  it.engine.trouble({ delayMs: 0 });
  const { entries } = await ended(it, deployment, 'rolled-back');
  const failed = entries.map(readEvent).find((event) => event.kind === 'step-failed');
  assert.ok(failed?.kind === 'step-failed' && failed.cause.kind === 'engine-refused', JSON.stringify(failed));
  assert.equal(failed.cause.code, 'secret.key-wrong');
  assert.match(
    failed.cause.message,
    /No age identity in .*keys\.txt opens .*prod\.enc\.yaml\. It was waited for 40 s\./,
  );
  assert.deepEqual(await versions(it), first);
});

test('a file that cannot be believed leaves what runs and the way back alone, and refuses what needs it with the reason', async () => {
  const it = await houses.house(platform);
  const [keys, sealed] = [join(it.directory, 'keys.txt'), join(it.directory, 'prod.enc.yaml')];
  const identity = await generateX25519Identity();
  await writeFile(keys, identity, { mode: 0o600 });
  for (const version of ['1', '2']) {
    await release(it, version);
    await seal(it, identity, `value ${version}`);
    await deploy(it, to(version));
  }
  const extra = '    secrets: [password]\nsecrets: { password: { external: true, name: db-password } }\n';
  await registerRelease(it, testAdmin, { service: 'web', version: '1', extra }, signal);
  const good = await readFile(sealed, 'utf8');
  const { age: _, ...noAge } = (await sealFile({ values: { db: { password: 'x' } }, seal: [] })).sops;
  const troubles: readonly (readonly [code: FaultCode, make: () => Promise<void>])[] = [
    ['secret.broken', () => writeFile(sealed, good.replace('of nobody', 'of somebody'))],
    ['secret.unknown', async () => writeFile(sealed, asYaml(await sealedWith(identity, { other: 'a value' })))],
    ['secret.denied', () => writeFile(sealed, asYaml({ values: {}, sops: { ...noAge, pgp: [{ fp: 'F' }] } }))],
    ['secret.key-exposed', () => chmod(keys, 0o640)],
    ['secret.key-wrong', async () => writeFile(keys, await generateX25519Identity())],
  ];
  for (const [code, make] of troubles) {
    await writeFile(sealed, good);
    await writeFile(keys, identity);
    await chmod(keys, 0o600);
    await make();
    for (const wanted of [to('1'), back])
      assert.match((await plan(it, wanted)).warnings.join(), /What runs keeps the version that it has/, code);
    await rejectsWith(code, () => plan(it, { kind: 'change', environment: 'dev', set: { web: '1' } }));
  }
  const second = await versions(it);
  await deploy(it, back);
  assert.notDeepEqual(await versions(it), second);
});
