import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known, missing } from '../../core/bom/answer.ts';
import { Fault } from '../../core/fault.ts';
import type { InspectedImage, Registry } from '../../port/registry.ts';
import type { EvidenceRow } from '../../port/store.ts';
import { inspected, knowingRegistry } from '../testing/fakes.ts';
import { collectImages } from './collect-images.ts';

const never = new AbortController().signal;
const clock = { timeout: (ms: number) => AbortSignal.timeout(ms) };
const nothingKnown = { imagesOfChains: async () => await Promise.resolve<readonly EvidenceRow[]>([]) };

function registryOf(images: Readonly<Record<string, () => InspectedImage>>): Registry & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    ...knowingRegistry,
    asked,
    inspect: async (reference) => {
      asked.push(reference);
      const found = images[reference];
      if (found === undefined) throw new Fault('registry.unreachable', 'The registry does not answer.');
      return await Promise.resolve(found());
    },
  };
}

const digestA = `sha256:${'a'.repeat(64)}`;
const digestB = `sha256:${'b'.repeat(64)}`;
const digestC = `sha256:${'c'.repeat(64)}`;

test('the bases of an image are followed in its own registry, and never into one that an image merely names', async () => {
  const registry = registryOf({
    [`r.test/cart:1@${digestA}`]: () => inspected(digestA, { base: { name: 'r.test/node:26', digest: digestB } }),
    [`r.test/node:26@${digestB}`]: () => inspected(digestB, { base: { name: 'evil.test/debian:12', digest: digestC } }),
  });
  const [image] = await collectImages(
    { store: nothingKnown, registry, clock },
    [`r.test/cart:1@${digestA}`],
    {},
    never,
  );
  assert.equal(image?.facts.kind, 'known');
  const ancestors = image?.facts.kind === 'known' ? image.facts.value.ancestors : missing('');
  assert.deepEqual(ancestors.kind === 'known' && ancestors.value.map(({ name }) => name), [
    'r.test/node:26',
    'evil.test/debian:12',
  ]);
  assert.deepEqual(registry.asked, [`r.test/cart:1@${digestA}`, `r.test/node:26@${digestB}`]);
});

test('an image that names itself as its base ends the walk', async () => {
  const self = () => inspected(digestA, { base: { name: 'r.test/cart:1', digest: digestA } });
  const registry = registryOf({ [`r.test/cart:1@${digestA}`]: self });
  await collectImages({ store: nothingKnown, registry, clock }, [`r.test/cart:1@${digestA}`], {}, never);
  assert.equal(registry.asked.length, 2);
});

test('an image is an ancestor when a known release has its lower layers', async () => {
  const diffIds = [digestA, digestB, digestC];
  const registry = registryOf({ [`r.test/cart:1@${digestA}`]: () => inspected(digestA, { diffIds, layers: 3 }) });
  const row = { image: digestB, service: 'node', version: '26' } as EvidenceRow;
  const store = {
    imagesOfChains: async (chains: readonly string[]) => {
      assert.equal(chains.length, 2); // its own chain is no ancestor
      return await Promise.resolve([row]);
    },
  };
  const [image] = await collectImages({ store, registry, clock }, [`r.test/cart:1@${digestA}`], {}, never);
  const ancestors = image?.facts.kind === 'known' ? image.facts.value.ancestors : missing('');
  assert.deepEqual(ancestors, known([{ name: null, digest: digestB, release: 'node@26', by: 'layers' }], 'layers'));
});

test('a registry that is down leaves the image unread, and the release is made all the same', async () => {
  const registry = registryOf({});
  const [image] = await collectImages(
    { store: nothingKnown, registry, clock },
    [`r.test/cart:1@${digestA}`],
    {},
    never,
  );
  assert.deepEqual(image?.facts, missing('The registry does not answer.'));
});
