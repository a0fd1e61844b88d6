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
      documents: ['hostile', 'good'].map((from) => ({ from, content: sbom(from) })),
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
