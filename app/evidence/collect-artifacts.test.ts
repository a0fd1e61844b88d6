import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createEvidenceReader } from '../../adapter/evidence-reader.ts';
import { createHouses, testAdmin, type House, type HouseOptions } from '../../test/support/app-house.ts';
import { knowingRegistry } from '../testing/fakes.ts';

const signal = AbortSignal.timeout(60_000);
const houses = createHouses(signal);
after(() => houses.close());

const environments = 'environments: { dev: { clusters: [fe] } }\n';
const sbom = (name: string) =>
  Buffer.from(JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', components: [{ name }] }));

/** Releases so many images, `c0` and on, and gives what was told of them last, by component. */
async function release({ running: { app } }: House, count: number) {
  const names = Array.from({ length: count }, (_, at) => `c${at}`);
  const text = `services:\n${names.map((name) => `  ${name}: { image: 'registry.test/${name}:1' }\n`).join('')}`;
  const input = { service: 'cart', version: '1', files: new Map(), vars: {}, meta: {} };
  await app.registerRelease(testAdmin, { ...input, compose: { name: 'c.yaml', text } }, signal);
  const { manifest, evidence } = await app.release('cart', '1', signal);
  return names.map((name) => {
    const image = manifest.images[name]?.resolved.split('@').at(-1);
    const { summary } = evidence.findLast(({ row }) => row.kind === 'artifacts' && row.image === image) ?? {};
    assert.ok(summary?.kind === 'artifacts');
    return { name, ...summary };
  });
}

async function house(artifacts: (typeof knowingRegistry)['artifacts'], more: HouseOptions = {}): Promise<House> {
  return await houses.house(environments, { registry: { ...knowingRegistry, artifacts }, ...more });
}

const found = { place: 'the .att tag', outcome: { kind: 'found', count: 2 } } as const;

test('a document that reading fails of in a way that nobody thought of is passed over, and the release is made', async () => {
  const reader = createEvidenceReader();
  const it = await house(
    async () => ({
      asked: [found],
      documents: ['hostile', 'good'].map((from) => ({ from, content: async () => await Promise.resolve(sbom(from)) })),
      known: 0,
      passedOver: [],
    }),
    {
      evidenceReader: {
        read: async (content, compressed, until) => {
          if (Buffer.from(content).includes('hostile')) throw new RangeError('Maximum call stack size exceeded');
          return await reader.read(content, compressed, until);
        },
      },
    },
  );
  const [told] = await release(it, 1);
  assert.deepEqual([told?.taken, told?.passedOver], [1, ['hostile: it cannot be read']]);
});

/** A registry that takes 3 s of the clock for each image; gives the names asked for, and how many documents were known. */
async function slowHouse() {
  const asked: { readonly name: string; readonly known: number }[] = [];
  const it = await house(async (resolved, _registries, { known }, until) => {
    const name = /\/(c\d+):/.exec(resolved)?.[1] ?? '';
    asked.push({ name, known: known.size });
    await houses.clock.sleep(3_000, until);
    if (name === 'c1') return { asked: [untold], documents: [], known: 0, passedOver: [] };
    const content = async () => await Promise.resolve(sbom(name));
    const documents = known.size === 0 ? [{ from: 'the .att tag', content }] : [];
    return { asked: [found], documents, known: known.size, passedOver: [] };
  });
  return { it, asked: () => asked.splice(0) };
}

const untold = { place: 'the .att tag', outcome: { kind: 'untold', why: 'the registry took too long' } } as const;

test('of many images at a slow registry each repetition comes to those that the one before did not come to', async () => {
  const { it, asked } = await slowHouse();
  const names = Array.from({ length: 7 }, (_, at) => `c${at}`);
  const first = await release(it, 7);
  const begun = asked().map(({ name }) => name);
  assert.ok(begun.length > 1 && begun.length < 7, begun.join());
  assert.deepEqual(begun, names.slice(0, begun.length));
  const late = first.filter(({ name }) => !begun.includes(name));
  for (const { asked: places } of late) {
    assert.deepEqual(
      places.map(({ place, outcome }) => [place, outcome.kind === 'untold' && outcome.why]),
      [['registry.test', 'no time was left for it: all images of a release have 10 s']],
    );
  }
  const came = new Set(begun);
  for (let round = 0; came.size < 7 && round < 4; round++) {
    await release(it, 7);
    const next = asked();
    assert.ok(
      next.some(({ name }) => !came.has(name)),
      'it comes further',
    );
    for (const { name } of next) came.add(name);
  }
  assert.deepEqual([...came].toSorted(), names);
});

test('an image of which something was not told goes before those of which all was, and known documents are not asked for', async () => {
  const { it, asked } = await slowHouse();
  const first = await release(it, 2);
  assert.deepEqual(asked(), [
    { name: 'c0', known: 0 },
    { name: 'c1', known: 0 },
  ]);
  const again = await release(it, 2);
  assert.deepEqual(asked(), [
    { name: 'c1', known: 0 },
    { name: 'c0', known: 1 },
  ]);
  assert.deepEqual(again, first);
});
