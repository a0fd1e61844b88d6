import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Expectation } from '../rollout/expectation.ts';
import type { Spec, SpecEntry } from '../spec.ts';
import { askedServices, expectationFor, specAhead } from './ahead.ts';

const entry = (version: string): SpecEntry => ({ version, replicas: null, parameters: {}, ports: {} });
const spec = (versions: Readonly<Record<string, string>>): Spec => ({
  environment: 'dev',
  services: Object.fromEntries(Object.entries(versions).map(([name, version]) => [name, entry(version)])),
});
const on = (changes: Expectation['changes']): Expectation => ({ way: 'on', spots: [], changes });
const names = (...of: readonly string[]): ReadonlySet<string> => new Set(of);

test('a spec is about what it changes, adds and leaves out, and about what is asked for by name', () => {
  const asked = askedServices(
    spec({ cart: '2', site: '1', new: '1' }),
    spec({ cart: '1', site: '1', old: '1' }),
    names('site'),
  );
  assert.deepEqual([...asked].toSorted(), ['cart', 'new', 'old', 'site']);
});

test('the later of two that change a service has the last word, and a removed one is gone', () => {
  const ahead = [on({ cart: entry('2'), site: null }), on({ cart: entry('3') })];
  const expected = specAhead(spec({ cart: '1', site: '1' }), ahead);
  assert.deepEqual(expected, spec({ cart: '3' }));
});

test('services that nobody asks about stay as they are', () => {
  const expectation = expectationFor(names('cart'), on({ cart: entry('2'), site: null }));
  const expected = specAhead(spec({ cart: '1', site: '1' }), [expectation]);
  assert.deepEqual(expected, spec({ cart: '2', site: '1' }));
});
