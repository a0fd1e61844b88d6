import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { digestOf } from './hash.ts';
import { sampleTarget } from './testing/world.ts';
import { firstOf, retarget, targetDigest, workloadHash, type Target, type Workload } from './workload.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 20 });

/** Some with members before the cluster, and with what looks like it. */
const change: fc.Arbitrary<Partial<Workload>> = fc.record(
  {
    addedCapabilities: fc.array(text, { maxLength: 3 }),
    binds: fc.array(fc.record({ source: text, target: text, readOnly: fc.boolean() }), { maxLength: 2 }),
    command: fc.constant(['"cluster":"fe"']),
    variables: fc.dictionary(fc.oneof(text, fc.constant('cluster')), fc.oneof(text, fc.constant('fe'))),
    replicas: fc.nat(100),
  },
  { requiredKeys: [] },
);

const target = fc
  .tuple(text, text, text, change)
  .map(([cluster, service, release, of]) => sampleTarget({ cluster, service, component: 'web' }, release, of));

/** The same by its definition alone, with nothing kept of what it was made of. */
function plainly({ workload, ...rest }: Target, cluster: string): Target {
  const other = { ...workload, cluster };
  return { ...rest, workload: other, hash: digestOf(other) };
}

test('hash and digest are those of the canonical JSON (property)', () => {
  fc.assert(
    fc.property(target, (of) => {
      assert.equal(workloadHash(of.workload), digestOf(of.workload));
      assert.equal(targetDigest(of), digestOf(of));
    }),
  );
});

test('a target on another cluster is what it would be if it were made for that one (property)', () => {
  fc.assert(
    fc.property(target, fc.array(text, { minLength: 1, maxLength: 4 }), (first, clusters) => {
      let moved = first;
      for (const cluster of clusters) {
        moved = retarget(moved, cluster);
        const plain = plainly(first, cluster);
        assert.deepEqual(moved, plain);
        assert.equal(targetDigest(moved), digestOf(plain));
        assert.equal(firstOf(moved.workload), first.workload);
      }
    }),
  );
});
