import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createHouses, registerRelease, testAdmin } from '../../test/support/app-house.ts';
import type { Store } from '../../port/store.ts';
import { createBlobs } from '../blobs.ts';
import type { RecordedEnvironment } from '../recorded.ts';
import { nobodySigns } from '../testing/fakes.ts';
import { createRefusals } from './refusals.ts';

const signal = AbortSignal.timeout(60_000);
const houses = createHouses(signal);
const { clock } = houses;
after(() => houses.close());

interface Wish {
  readonly services: readonly string[];
  readonly store: (real: Store) => Partial<Store>;
}

/** Releases that run in an environment which asks for an SBOM, on a store that a test bends. */
async function refusalsOf({ services, store: bend }: Wish) {
  const house = await houses.house('environments: { prod: { clusters: [fe] } }\n');
  for (const service of services) await registerRelease(house, testAdmin, { service, version: '1' }, signal);
  const entry = { version: '1', replicas: null, parameters: {}, ports: {} };
  const prod = {
    name: 'prod',
    definition: { requires: { bom: [], sbom: true } },
    spec: { environment: 'prod', services: Object.fromEntries(services.map((service) => [service, entry])) },
  } as unknown as RecordedEnvironment;
  const real = house.store;
  const store = {
    release: real.release.bind(real),
    waivers: real.waivers.bind(real),
    evidence: real.evidence.bind(real),
    blob: real.blob.bind(real),
    ...bend(real),
  } as Store;
  const state = { sequence: 7, platform: null, environments: new Map([['prod', prod]]), unfinished: [] };
  const recorded = { current: async () => await Promise.resolve(state) };
  const patient = { now: () => clock.now(), sleep: clock.sleep.bind(clock), timeout: () => signal };
  return createRefusals({ store, blobs: createBlobs(store), clock: patient, signatures: nobodySigns, recorded });
}

test('a release that cannot be read is told with its cause, and all others all the same', async () => {
  const broken = new Set<string>();
  const ask = await refusalsOf({
    services: ['a', 'b', 'c', 'd'],
    store: (real) => ({
      release: async (service, version, until) => {
        const row = await real.release(service, version, until);
        if (row !== null && service === 'b') broken.add(row.manifest);
        return row !== null && service === 'c' ? { ...row, manifest: 'c'.repeat(64) } : row;
      },
      blob: async (digest, until) => (broken.has(digest) ? Buffer.from('{"cut of') : await real.blob(digest, until)),
    }),
  });
  const { refusals, unreadable, unseen } = await ask();
  assert.deepEqual(
    refusals.map(({ service, lacks }) => `${service}: ${lacks.join()}`),
    ['a: no SBOM of a', 'd: no SBOM of d'],
  );
  assert.equal(unseen, 0);
  assert.deepEqual(
    unreadable.map(({ service, version }) => `${service}@${version}`),
    ['b@1', 'c@1'],
  );
  assert.deepEqual(
    unreadable.map(({ why }) => why),
    ['what is stored of it is damaged (SyntaxError)', `The stored document ${'c'.repeat(64)} is missing`],
  );
});

test('standings that take longer than a request are told as far as they were found, and all of them when asked again', async () => {
  const services = ['a', 'b', 'c', 'd'];
  const looked: string[] = [];
  const ask = await refusalsOf({
    services,
    store: (real) => ({
      evidence: async (service, version, until) => {
        looked.push(service);
        await clock.sleep(8_000, until);
        return await real.evidence(service, version, until);
      },
    }),
  });
  const first = await ask();
  const told = first.refusals.map(({ service }) => service);
  assert.ok(told.length > 0 && told.length < 4, told.join());
  assert.deepEqual([told, first.unseen], [services.slice(0, told.length), 4 - told.length]);
  let second = await ask();
  while (second.unseen > 0) second = await ask();
  assert.deepEqual(
    second.refusals.map(({ environment, service, lacks }) => `${environment} ${service}: ${lacks.join()}`),
    services.map((service) => `prod ${service}: no SBOM of ${service}`),
  );
  assert.deepEqual(looked, services, 'each was looked at once: the second answer goes on where the first was given');
});
