import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Fault } from '../core/fault.ts';
import { readEvent } from '../core/ledger.ts';
import type { Engine } from '../port/engine.ts';
import type { OpenPassword, Registry } from '../port/registry.ts';
import { createHouses, registerRelease, testAdmin as actor, type House } from '../test/support/app-house.ts';
import { secretUses, to } from '../test/support/secret-house.ts';
import { streams } from './append.ts';
import { knowingRegistry } from './testing/fakes.ts';

const signal = AbortSignal.timeout(110_000);
const houses = createHouses(signal);
const { clock } = houses;
after(() => houses.close());

const { set, deploy } = secretUses(clock, signal);
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
