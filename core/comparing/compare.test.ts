import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ParameterValue } from '../parameter/resolve.ts';
import type { SpecEntry } from '../spec.ts';
import { entry } from '../testing/shop.ts';
import { compareServices, type ComparedService } from './compare.ts';

function cart(
  version: string,
  parameters: Record<string, readonly [string, ParameterValue['source']]> = {},
  change: Partial<SpecEntry> = {},
): ReadonlyMap<string, ComparedService> {
  const images = { web: `shop/web@${version}`, db: 'shop/db@1' };
  const files = { 'a.conf': version, 'b.conf': 'same' };
  const values = Object.entries(parameters).map(
    ([name, [value, source]]) => [name, originated(value, source)] as const,
  );
  const identity = { service: 'cart', version, definition: {}, images, files };
  return new Map([['cart', { entry: entry(version, change), identity, parameters: Object.fromEntries(values) }]]);
}

function originated(value: string, source: ParameterValue['source']): ParameterValue {
  return source === 'slice' ? { value, source, slice: 'early-access' } : { value, source };
}

const told = (...of: Parameters<typeof compareServices>) =>
  compareServices(...of).map(
    ({ what, name, a, b, declared }) =>
      `${what}${name === null ? '' : ` ${name}`}: ${a?.value ?? '-'} ${b?.value ?? '-'}${declared ? ' (declared)' : ''}`,
  );

test('the same is the same, and where a value comes from is no difference', () => {
  assert.deepEqual(told(cart('1', { A: ['x', 'release'] }), cart('1', { A: ['x', 'spec'] })), []);
});

test('another version tells its images and files, and a service that is in one only is told', () => {
  assert.deepEqual(told(cart('1'), cart('2')), [
    'version: 1 2',
    'image web: shop/web@1 shop/web@2',
    'file a.conf: 1 2',
  ]);
  assert.deepEqual(told(cart('1'), new Map()), ['service: 1 -']);
  assert.deepEqual(told(new Map(), cart('1')), ['service: - 1']);
});

test('what the environment or the spec was declared to have of its own is told apart', () => {
  const a = cart(
    '1',
    { A: ['x', 'environment'], B: ['x', 'release'], C: ['x', 'spec'] },
    { replicas: 2, ports: { 80: 1 } },
  );
  const b = cart('1', { A: ['y', 'release'], B: ['y', 'spec'] }, { replicas: 3, cluster: 'be' });
  assert.deepEqual(told(a, b), [
    'parameter A: x y (declared)',
    'parameter B: x y',
    'parameter C: x -',
    'replicas: 2 3 (declared)',
    'port 80: 1 - (declared)',
    'cluster: - be (declared)',
  ]);
});
