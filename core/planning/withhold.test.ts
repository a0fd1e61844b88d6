import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOf } from '../testing/code-of.ts';
import { after, component, entry, input, service } from '../testing/shop.ts';
import type { ServiceDefinition } from '../definition.ts';
import { stepsOf } from '../plan.ts';
import type { SecretRef } from '../secret.ts';
import type { Spec, SpecEntry } from '../spec.ts';
import type { InventoryItem } from './inventory-item.ts';
import { makePlan } from './make-plan.ts';
import { withoutSecrets, type SecretsInput } from './secrets.ts';
import { checkRestart, planWithSecrets, type RestartWish } from './withhold.ts';

const version = (number: number, name = 'password'): SecretRef => ({
  kind: 'version',
  version: String(number),
  id: `${name}-${number}`,
});

const mount = (secret: string) => ({ secret, target: `/run/secrets/${secret}`, mode: 0o444, uid: '0', gid: '0' });
const mounting = (of: Partial<Parameters<typeof component>[0]> = {}) =>
  component({ secrets: [mount('password')], ...of });
const cart = (of: Parameters<typeof mounting>[0] = {}, release = '1') =>
  service('cart', { version: release, components: { cart: mounting(of) } });

const never: RestartWish = { all: 'never', services: {} };
const silent: RestartWish = { all: null, services: {} };

interface Asked {
  readonly wish?: RestartWish;
  readonly newest?: SecretRef;
  readonly entries?: Record<string, SpecEntry>;
  readonly inventory?: readonly InventoryItem[];
  readonly of?: Partial<Pick<SecretsInput, 'restored' | 'busy' | 'named'>>;
  readonly revoked?: readonly SecretRef[];
}

const bareSpec = (definitions: readonly ServiceDefinition[], entries: Record<string, SpecEntry> = {}): Spec => ({
  environment: 'dev',
  services: Object.fromEntries(definitions.map((it) => [it.service, entries[it.service] ?? entry(it.version)])),
});

/** What runs once `first` was deployed with version 1, and the plan from there to `then`. */
function rotated(first: readonly ServiceDefinition[], then: readonly ServiceDefinition[], asked: Asked = {}) {
  const pinned = planned(first, bareSpec([]), [], { newest: version(1) });
  return planned(then, pinned.spec, asked.inventory ?? after(pinned), asked);
}

function planned(
  definitions: readonly ServiceDefinition[],
  current: Spec,
  inventory: readonly InventoryItem[],
  { wish = silent, newest = version(2), entries, of = {}, revoked = [] }: Asked,
) {
  const secrets = {
    spec: bareSpec(definitions, entries),
    current,
    restored: null,
    definitions: new Map(definitions.map((it) => [it.service, it])),
    busy: new Set<string>(),
    named: new Set<string>(),
    inventory,
    known: {
      newest: new Map([['password', newest]]),
      revoked: new Set(revoked.flatMap((ref) => (ref.kind === 'version' ? [ref.id] : []))),
      untold: new Map(),
    },
    ...of,
  };
  return planWithSecrets(secrets, wish, (with_) =>
    makePlan({ ...input(definitions, { current, inventory, busy: secrets.busy }), ...with_ }),
  );
}

const told = ({ plan }: ReturnType<typeof planned>) =>
  (plan.withheld ?? []).map(({ service: of, runs, newest, because }) => {
    assert.ok(runs.kind === 'version' && newest.kind === 'version');
    return `${of} ${runs.version} of ${newest.version} ${because}`;
  });
const pinOf = ({ spec }: ReturnType<typeof planned>, of = 'cart') => spec.services[of]?.secrets?.['password'];

test('a service of which only a secret is newer stays as it runs, and the plan tells both versions', () => {
  const result = rotated([cart()], [cart()], { wish: never });
  assert.deepEqual(stepsOf(result.plan), []);
  assert.deepEqual(result.plan.changes, {});
  assert.deepEqual(result.plan.unchanged, ['fe/cart/cart']);
  assert.deepEqual(told(result), ['cart 1 of 2 asked']);
  assert.deepEqual(pinOf(result), version(1));
});

test('what restarts for another reason takes the newest version along', () => {
  const result = rotated([cart()], [cart({ variables: { LEVEL: 'warn' } })], { wish: never });
  const [step] = stepsOf(result.plan);
  assert.ok(step?.change.kind === 'update' && step.change.restarts);
  assert.ok(step.notes.includes('secret password: version 1 -> 2'), step.notes.join());
  assert.deepEqual(told(result), []);
  assert.deepEqual(pinOf(result), version(2));
});

test('other replicas, and a release with the same content, restart nothing: the version stays', () => {
  const scaled = rotated([cart()], [cart()], { wish: never, entries: { cart: entry('1', { replicas: 3 }) } });
  assert.deepEqual(
    stepsOf(scaled.plan).map(({ change }) => change.kind),
    ['scale'],
  );
  assert.deepEqual([told(scaled), pinOf(scaled)], [['cart 1 of 2 asked'], version(1)]);
  const labelled = rotated([cart()], [cart({}, '2')], { wish: never });
  const [step] = stepsOf(labelled.plan);
  assert.ok(step?.change.kind === 'update' && !step.change.restarts);
  assert.deepEqual([told(labelled), pinOf(labelled)], [['cart 1 of 2 asked'], version(1)]);
});

test('a component that stays keeps the version for the whole service, one that mounts nothing does not', () => {
  const of = (web: object, worker: object) =>
    service('cart', { components: { web: mounting(web), worker: component(worker) } });
  const change = { variables: { LEVEL: 'warn' } };
  const secrets = [mount('password')];
  const both = rotated([of({}, { secrets })], [of(change, { secrets })], { wish: never });
  assert.deepEqual([told(both), pinOf(both)], [['cart 1 of 2 asked'], version(1)]);
  assert.deepEqual(both.plan.unchanged, ['fe/cart/worker']);
  const one = rotated([of({}, {})], [of(change, {})], { wish: never });
  assert.deepEqual([told(one), pinOf(one)], [[], version(2)]);
});

test('one service may be asked for by name, and goes before what is asked of all and what is declared', () => {
  const shop = [cart(), service('web', { components: { web: mounting() } })];
  const declared = shop.map((it) => ({ ...it, traits: { ...it.traits, withholds: ['password'] } }));
  const by = (of: readonly ServiceDefinition[], wish: RestartWish) => told(rotated(of, of, { wish }));
  assert.deepEqual(by(shop, silent), []);
  assert.deepEqual(by(shop, { all: null, services: { web: 'never' } }), ['web 1 of 2 asked']);
  assert.deepEqual(by(shop, { all: 'never', services: { web: 'changed' } }), ['cart 1 of 2 asked']);
  assert.deepEqual(by(declared, silent), ['cart 1 of 2 declared', 'web 1 of 2 declared']);
  assert.deepEqual(by(declared, { all: 'changed', services: {} }), []);
  assert.deepEqual(by(declared, { all: null, services: { cart: 'changed' } }), ['web 1 of 2 declared']);
});

test('a version that was revoked is not kept: nothing could be set up with it anew', () => {
  const result = rotated([cart()], [cart()], { wish: never, revoked: [version(1)] });
  assert.equal(stepsOf(result.plan).length, 1);
  assert.deepEqual([told(result), pinOf(result)], [[], version(2)]);
});

test('what an unfinished deployment has given out already is what runs: it is not taken back', () => {
  const first = planned([cart()], bareSpec([]), [], { newest: version(1) });
  const under = rotated([cart()], [cart()]);
  const inventory = after(under, after(first)).map((item) => ({ ...item, settled: false }));
  const result = planned([cart()], first.spec, inventory, { wish: never, newest: version(3) });
  assert.deepEqual([told(result), pinOf(result)], [['cart 2 of 3 asked'], version(2)]);
  const busy = { busy: new Set(['cart']) };
  const left = planned([cart()], first.spec, inventory, { wish: never, newest: version(3), of: busy });
  assert.deepEqual([told(left), pinOf(left), stepsOf(left.plan)], [[], version(1), []]);
});

test('a rollback goes back to the versions that ran, whatever the definition says', () => {
  const declared = { ...cart(), traits: { ...cart().traits, withholds: ['password'] } };
  const now = rotated([cart()], [cart()]);
  const inventory = after(now);
  const restored: Spec = { environment: 'dev', services: { cart: entry('1', { secrets: { password: version(1) } }) } };
  const result = planned([declared], now.spec, inventory, { of: { restored } });
  assert.deepEqual([told(result), pinOf(result)], [[], version(1)]);
  assert.deepEqual(withoutSecrets(result.spec), withoutSecrets(restored));
});

test('a wish that can mean nothing is refused', () => {
  const spec = bareSpec([cart()]);
  const code = (wish: RestartWish, isRollback: boolean) => codeOf(() => checkRestart(wish, spec, isRollback));
  assert.equal(code({ all: null, services: { crat: 'never' } }, false), 'request.invalid');
  assert.equal(code(never, true), 'request.invalid');
  assert.doesNotThrow(() => checkRestart(silent, spec, true));
  assert.doesNotThrow(() => checkRestart({ all: 'never', services: { cart: 'changed' } }, spec, false));
});
