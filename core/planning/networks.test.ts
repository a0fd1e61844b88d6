import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EnvironmentDefinition } from '../platform.ts';
import { codeOf } from '../testing/code-of.ts';
import { after, component, input, platform, service } from '../testing/shop.ts';
import { makePlan } from './make-plan.ts';

const open = platform.environments['dev'];
assert.ok(open);
const plain: EnvironmentDefinition = open;
const encrypted: EnvironmentDefinition = { ...plain, encrypted: true };

const two = service('cart', { components: { cart: component(), db: component() } });

test('every network of an encrypted environment is encrypted, and of another none says anything of it', () => {
  const networksOf = (environmentDefinition: EnvironmentDefinition) =>
    [...makePlan(input([two], { environmentDefinition })).targets.values()].flatMap(
      ({ workload }) => workload.networks,
    );
  assert.equal(networksOf(encrypted).length, 4);
  assert.ok(networksOf(encrypted).every((network) => network.encrypted === true));
  assert.ok(networksOf(plain).every((network) => !('encrypted' in network)));
});

test('encryption is neither turned on nor off under what runs', () => {
  const planOver = (before: EnvironmentDefinition, now: EnvironmentDefinition) => {
    const inventory = after(makePlan(input([two], { environmentDefinition: before })));
    return codeOf(() => makePlan(input([two, service('catalog')], { environmentDefinition: now, inventory })));
  };
  assert.equal(planOver(plain, encrypted), 'plan.network');
  assert.equal(planOver(encrypted, plain), 'plan.network');
  assert.equal(planOver(encrypted, encrypted), 'none');
});

test('a network does not become internal under what runs', () => {
  const of = (internal: boolean) => {
    const networks = [{ network: 'back', internal, aliases: [] }];
    return service('cart', { components: { cart: component({ networks }) } });
  };
  const inventory = after(makePlan(input([of(false)])));
  assert.equal(
    codeOf(() => makePlan(input([of(true)], { inventory }))),
    'plan.network',
  );
  assert.equal(
    codeOf(() => makePlan(input([of(false)], { inventory }))),
    'none',
  );
});
