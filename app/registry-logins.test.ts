import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Fault } from '../core/fault.ts';
import { readEvent } from '../core/ledger.ts';
import { platform } from '../core/testing/shop.ts';
import type { Engine } from '../port/engine.ts';
import type { OpenPassword, Registry } from '../port/registry.ts';
import { createHouses, registerRelease, testAdmin as actor, type House } from '../test/support/app-house.ts';
import { secretUses, to } from '../test/support/secret-house.ts';
import { streams } from './append.ts';
import { createRegistryLogins } from './registry-logins.ts';
import { knowingRegistry } from './testing/fakes.ts';

const signal = AbortSignal.timeout(110_000);
const houses = createHouses(signal);
const { clock } = houses;
after(() => houses.close());

const { set, deploy, accept, begun, ended } = secretUses(clock, signal);
const origin = { username: 'shop', environment: 'dev', secret: 'registry' } as const;

/** Every image lies in a registry whose password is a secret. */
function guardedRegistry(between: () => Promise<unknown> = () => Promise.resolve()): Registry {
  let open: OpenPassword = () => Promise.reject(new Fault('secret.unreachable', 'not yet'));
  return {
    ...knowingRegistry,
    useSecrets: (use) => void (open = use),
    origin: () => ({ registry: 'registry.test', credentials: origin, source: 'the secret registry of dev' }),
    async credentials(_image, _registries, at) {
      const { value, opened } = await open(origin, 'registry.test', at);
      await between();
      const password = Buffer.from(value).toString('utf8');
      return { username: origin.username, password, serverAddress: 'registry.test', opened };
    },
  };
}

async function seenCredentials({ engine, running }: House) {
  const { workloads } = await engine.observe({ installation: running.installation, environment: 'dev' }, signal);
  return workloads.map((it) => ({ credentials: it.credentials, tasks: it.tasks.map(({ id }) => id) }));
}

/** Notes the passwords that engines are given. */
function notingPasswords(given: string[]): (engine: Engine) => Engine {
  return (engine) => ({
    ...engine,
    async apply(request, at) {
      if (request.credentials !== null) given.push(request.credentials.password);
      return await engine.apply(request, at);
    },
    async renew(request, at) {
      given.push(request.credentials.password);
      return await engine.renew(request, at);
    },
  });
}

/** What is on record of who read the password, without ids. */
async function readings({ store }: House) {
  const entries = await store.stream(streams.secretAccess('dev', 'registry'), signal);
  return entries.map(readEvent).flatMap((event) => {
    if (event.kind !== 'registry-password-opened') return [];
    return [
      `${event.version} ${event.registry} ${event.cluster ?? '-'} ${event.deployment === null ? '-' : 'deployment'}`,
    ];
  });
}

test('a changed password reaches the engine without a deployment and restarts nothing; each reading is on record', async () => {
  const it = await houses.house('environments: { dev: { clusters: [fe] } }\n', { registry: guardedRegistry() });
  await registerRelease(it, actor, { service: 'cart', version: '1' }, signal);
  await set(it, 'first password', { secret: 'registry' });
  await deploy(it, to('1'));
  const [before] = await seenCredentials(it);
  assert.match(before?.credentials ?? '', /^[0-9a-f]{32}$/);
  assert.deepEqual(await readings(it), ['1 registry.test - -', '1 registry.test fe deployment']);
  await set(it, 'second password', { secret: 'registry' });
  let now = before;
  while (now?.credentials === before?.credentials) {
    await clock.sleep(1_000, signal);
    [now] = await seenCredentials(it);
  }
  assert.deepEqual(now?.tasks, before?.tasks);
  assert.deepEqual((await readings(it)).slice(2), ['2 registry.test - -', '2 registry.test fe -']);
  const written = JSON.stringify(await it.store.entries(0, 1_000, signal));
  assert.ok(!/first password|second password/.test(written + JSON.stringify(now)));
});

test('a password whose source is silent leaves what the engine has, and is renewed when it is back', async () => {
  const platform = 'environments: { dev: { clusters: [fe], secrets: { registry: { file: password.txt } } } }\n';
  const it = await houses.house(platform, { registry: guardedRegistry() });
  const file = join(it.directory, 'password.txt');
  await registerRelease(it, actor, { service: 'cart', version: '1' }, signal);
  await writeFile(file, 'first password');
  await deploy(it, to('1'));
  const [before] = await seenCredentials(it);
  await writeFile(file, '');
  await clock.sleep(60_000, signal);
  assert.deepEqual(await seenCredentials(it), [before]);
  await writeFile(file, 'second password');
  while ((await seenCredentials(it))[0]?.credentials === before?.credentials) await clock.sleep(1_000, signal);
  assert.deepEqual(it.errors, []);
});

test('a password that is set while the one before is on its way to an engine is given soon after it', async () => {
  let isSet = false;
  const registry = guardedRegistry(async () => {
    if (isSet) return;
    isSet = true;
    await set(it, 'second password', { secret: 'registry' });
  });
  const given: string[] = [];
  const wrapEngine = notingPasswords(given);
  const it = await houses.house('environments: { dev: { clusters: [fe] } }\n', { registry, wrapEngine });
  await registerRelease(it, actor, { service: 'cart', version: '1' }, signal);
  await set(it, 'first password', { secret: 'registry' });
  await deploy(it, to('1'));
  for (let seconds = 0; seconds < 90 && given.at(-1) !== 'second password'; seconds++) await clock.sleep(1_000, signal);
  assert.deepEqual([...new Set(given)], ['first password', 'second password']);
  assert.deepEqual(await readings(it), [
    '1 registry.test - -',
    '1 registry.test fe deployment',
    '2 registry.test - -',
    '2 registry.test fe -',
  ]);
});

test('a password that is too short ends the step at once; a key file that is mended in time does not end it', async () => {
  const short = 'environments: { dev: { clusters: [fe], secrets: { registry: { file: password.txt } } } }\n';
  const one = await houses.house(short, { registry: guardedRegistry() });
  await writeFile(join(one.directory, 'password.txt'), 'abc');
  await registerRelease(one, actor, { service: 'cart', version: '1' }, signal);
  const { entries } = await ended(one, await accept(one, to('1')), 'rolled-back');
  const failed = entries.map(readEvent).find((event) => event.kind === 'step-failed');
  assert.ok(failed?.kind === 'step-failed' && failed.cause.kind === 'engine-refused', JSON.stringify(failed));
  assert.equal(failed.cause.code, 'secret.too-short');
  assert.doesNotMatch(failed.cause.message, /waited/);

  const it = await houses.house('environments: { dev: { clusters: [fe] } }\n', { registry: guardedRegistry() });
  await registerRelease(it, actor, { service: 'cart', version: '1' }, signal);
  await set(it, 'first password', { secret: 'registry' });
  const key = join(it.directory, 'secrets.key');
  await chmod(key, 0o644);
  const deployment = await accept(it, to('1'));
  await begun(it, deployment);
  await clock.sleep(5_000, signal);
  assert.deepEqual(await seenCredentials(it), []);
  await chmod(key, 0o600);
  await ended(it, deployment, 'succeeded');
});

test('what a helper gave to a deployment is known for a while; each question may give another token', async () => {
  let nowMs = 0;
  let tokens = 0;
  const registry: Registry = {
    ...knowingRegistry,
    origin: () => ({ registry: 'registry.test', credentials: 'docker-config', source: 'the Docker configuration' }),
    credentials: async () => {
      const password = `token ${++tokens}`;
      return await Promise.resolve({ username: 'shop', password, serverAddress: 'registry.test', opened: null });
    },
  };
  const none = () => assert.fail('nothing of it is asked for');
  const logins = createRegistryLogins({
    registry,
    clock: { monotonic: () => nowMs },
    store: { append: none, version: none },
    platform: {
      current: async () => await Promise.resolve({ platform, row: { revision: 1, platform: '', source: '', time: 0 } }),
    },
    secrets: {
      current: none,
      newestRef: none,
      identify: async (place, value) => await Promise.resolve(`${place.join('/')}: ${Buffer.from(value).toString()}`),
    },
  });
  const offer = await logins.offer('registry.test/cart:1', signal);
  assert.deepEqual([offer?.login?.password, offer?.login?.id], ['token 1', offer?.id]);
  const use = { cluster: 'fe', lease: 1 };
  const renewed = await logins.forEngine('registry.test/cart:1', { ...use, deployment: null }, signal);
  const deployed = await logins.forEngine('registry.test/cart:1', { ...use, deployment: 'd-1' }, signal);
  assert.equal(deployed?.password, 'token 3');
  nowMs = 60_000;
  const within = (id: string | undefined, ms: number) => logins.gaveWithin(id ?? assert.fail(), ms);
  assert.deepEqual([within(deployed.id, 60_000), within(deployed.id, 59_999)], [true, false]);
  assert.deepEqual([within(renewed?.id, 60_000), within(offer?.id, 60_000)], [false, false]);
});
