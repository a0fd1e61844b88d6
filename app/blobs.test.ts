import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { codeOfAsync } from '../core/testing/code-of.ts';
import { sampleTarget } from '../core/testing/world.ts';
import { sha256, type Digest } from '../core/hash.ts';
import { retarget, targetDigest } from '../core/workload.ts';
import { createHouses } from '../test/support/app-house.ts';
import { createBlobs, toBlob } from './blobs.ts';

const signal = AbortSignal.timeout(110_000);
const houses = createHouses(signal);
after(() => houses.close());

const here = sampleTarget({ cluster: 'fe', service: 'cart', component: 'cart' }, '1');
const there = retarget(here, 'be');

test('a target is what is stored, whatever is guessed', async () => {
  const { store } = await houses.house('environments: { dev: { clusters: [fe] } }\n');
  await store.append({ appends: [], blobs: [toBlob(here), toBlob(there)] }, signal);
  for (const guess of [null, here, there, sampleTarget({ cluster: 'be', service: 'cart', component: 'cart' }, '2')]) {
    const blobs = createBlobs(store);
    for (let times = 0; times < 2; times += 1)
      assert.deepEqual(await blobs.target(targetDigest(there), () => guess, signal), there);
  }
});

test('a wrong guess does not stand in for what is missing', async () => {
  const { store } = await houses.house('environments: { dev: { clusters: [fe] } }\n');
  const read = async () => await createBlobs(store).target(targetDigest(there), () => here, signal);
  assert.equal(await codeOfAsync(read), 'store.broken');
});

test('specs that pass do not push out what runs, and the oldest of them is read anew', async () => {
  const spec = (revision: number) => ({ environment: 'dev', services: {}, padding: `${revision} `.repeat(400_000) });
  const specs = Array.from({ length: 24 }, (_, revision) => toBlob(spec(revision)));
  const content = new Map([toBlob(here), ...specs].map((blob) => [sha256(blob), blob]));
  const asked: string[] = [];
  const blob = async (digest: string) => {
    asked.push(digest);
    return await Promise.resolve(content.get(digest) ?? null);
  };
  const { store } = await houses.house('environments: { dev: { clusters: [fe] } }\n');
  const blobs = createBlobs({ ...store, blob });
  await blobs.read('target', targetDigest(here), signal);
  for (const one of specs) await blobs.read('spec', sha256(one), signal);
  asked.length = 0;
  const [oldest, newest] = [specs[0], specs.at(-1)].map((one) => sha256(one ?? ''));
  await blobs.read('target', targetDigest(here), signal);
  await blobs.read('spec', newest as Digest, signal);
  assert.deepEqual(asked, []);
  await blobs.read('spec', oldest as Digest, signal);
  assert.deepEqual(asked, [oldest]);
});
