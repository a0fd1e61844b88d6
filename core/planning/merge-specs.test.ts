import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { codeOf } from '../testing/code-of.ts';
import type { Spec, SpecEntry } from '../spec.ts';
import { mergeSpecs, type MergeInput } from './merge-specs.ts';

const entry = (version: string): SpecEntry => ({ version, replicas: null, parameters: {}, ports: {} });
const spec = (versions: Record<string, string>): Spec => ({
  environment: 'dev',
  services: Object.fromEntries(Object.entries(versions).map(([name, version]) => [name, entry(version)])),
});
const versionsOf = (merged: Spec) =>
  Object.fromEntries(Object.entries(merged.services).map(([name, it]) => [name, it.version]));

function merge(
  current: Record<string, string>,
  base: Record<string, string> | null,
  mine: Record<string, string>,
  change: Partial<MergeInput> = {},
) {
  return mergeSpecs({
    current: spec(current),
    currentRevision: 7,
    base: base === null ? null : spec(base),
    mine: spec(mine),
    allowRemove: [],
    allowOlder: [],
    ageOf: (_, version) => Number(version),
    ...change,
  });
}

test('a service that was given a cluster since the base keeps it beside what others changed', () => {
  const current: Spec = {
    environment: 'dev',
    services: { cart: { ...entry('1'), cluster: 'be' }, catalog: entry('1') },
  };
  const base = spec({ cart: '1', catalog: '1' });
  const mine: Spec = { environment: 'dev', services: { cart: entry('1'), catalog: entry('2') } };
  const merged = merge({}, null, {}, { current, base, mine });
  assert.deepEqual(merged.services, { cart: { ...entry('1'), cluster: 'be' }, catalog: entry('2') });
  const other: Spec = { environment: 'dev', services: { ...mine.services, cart: { ...entry('1'), cluster: 'fe' } } };
  assert.equal(
    codeOf(() => merge({}, null, {}, { current, base, mine: other })),
    'spec.conflict',
  );
});

test('two teams who changed different services both get their change', () => {
  assert.deepEqual(
    versionsOf(merge({ cart: '2', catalog: '1' }, { cart: '1', catalog: '1' }, { cart: '1', catalog: '2' })),
    { cart: '2', catalog: '2' },
  );
});

test('two teams who changed the same service differently are in conflict', () => {
  assert.equal(
    codeOf(() => merge({ cart: '2' }, { cart: '1' }, { cart: '3' })),
    'spec.conflict',
  );
});

test('the same change made twice is no conflict', () => {
  assert.deepEqual(versionsOf(merge({ cart: '2' }, { cart: '1' }, { cart: '2' })), { cart: '2' });
});

test('an old checkout with its base never takes back what others deployed since', () => {
  assert.deepEqual(
    versionsOf(merge({ cart: '5', catalog: '5' }, { cart: '1', catalog: '1' }, { cart: '1', catalog: '1' })),
    { cart: '5', catalog: '5' },
  );
});

test('an old checkout without a base is asked about every service that would become older', () => {
  assert.equal(
    codeOf(() => merge({ cart: '2' }, null, { cart: '1' })),
    'spec.older',
  );
  assert.deepEqual(versionsOf(merge({ cart: '2' }, null, { cart: '1' }, { allowOlder: ['cart'] })), { cart: '1' });
  assert.deepEqual(versionsOf(merge({ cart: '2' }, null, { cart: '1' }, { allowOlder: true })), { cart: '1' });
});

test('a service that left the file goes only when its name is allowed to', () => {
  assert.equal(
    codeOf(() => merge({ cart: '1', old: '1' }, null, { cart: '1' })),
    'spec.removal',
  );
  assert.deepEqual(versionsOf(merge({ cart: '1', old: '1' }, null, { cart: '1' }, { allowRemove: ['old'] })), {
    cart: '1',
  });
});

test('a service that somebody else added since the base stays', () => {
  assert.deepEqual(versionsOf(merge({ cart: '1', fresh: '1' }, { cart: '1' }, { cart: '2' })), {
    cart: '2',
    fresh: '1',
  });
});

test('whoever changed nothing since the base changes nothing, and whoever alone changed something gets it', () => {
  const versions = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2', '3'), {
    noNullPrototype: true,
  });
  const all = { allowRemove: ['a', 'b', 'c'], allowOlder: true } as const;
  fc.assert(
    fc.property(versions, versions, (base, changed) => {
      assert.deepEqual(versionsOf(merge(changed, base, base, all)), changed);
      assert.deepEqual(versionsOf(merge(base, base, changed, all)), changed);
    }),
  );
});
