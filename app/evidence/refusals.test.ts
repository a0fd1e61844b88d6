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

test('standings that take longer than a request are told as far as they were found, and all of them when asked again', async () => {
  const services = ['a', 'b', 'c', 'd'];
  const house = await houses.house('environments: { prod: { clusters: [fe] } }\n');
  for (const service of services) await registerRelease(house, testAdmin, { service, version: '1' }, signal);
  const entry = { version: '1', replicas: null, parameters: {}, ports: {} };
  const prod = {
    name: 'prod',
    definition: { requires: { bom: [], sbom: true } },
    spec: { environment: 'prod', services: Object.fromEntries(services.map((service) => [service, entry])) },
  } as unknown as RecordedEnvironment;
  const looked: string[] = [];
  const store = {
    release: (service, version, until) => house.store.release(service, version, until),
    waivers: (nowMs, until) => house.store.waivers(nowMs, until),
    evidence: async (service, version, until) => {
      looked.push(service);
      await clock.sleep(8_000, until);
      return await house.store.evidence(service, version, until);
    },
  } as Store;
  const state = { sequence: 7, platform: null, environments: new Map([['prod', prod]]), unfinished: [] };
  const recorded = { current: async () => await Promise.resolve(state) };
  const patient = { now: () => clock.now(), sleep: clock.sleep.bind(clock), timeout: () => signal };
  const parts = { store, blobs: createBlobs(house.store), clock: patient, signatures: nobodySigns, recorded };
  const ask = createRefusals(parts);
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
