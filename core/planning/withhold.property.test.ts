import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { after, component, entry, input, service } from '../testing/shop.ts';
import type { ServiceDefinition } from '../definition.ts';
import { digestOf } from '../hash.ts';
import { stepsOf, type Step } from '../plan.ts';
import { isSameRef, type RestartPolicy, type SecretRef } from '../secret.ts';
import type { Spec, SpecEntry } from '../spec.ts';
import { makePlan } from './make-plan.ts';
import { secretNames, withSecrets, type PinnedSpec, type SecretsInput } from './secrets.ts';
import { planWithSecrets, type RestartWish } from './withhold.ts';

const secrets = ['a', 'b', 'c'];
const names = ['cart', 'shop', 'web'] as const;
type Name = (typeof names)[number];

/** The main component bears its service's name. */
const componentsOf = (service: string) => [service, 'side'] as const;

interface Drawn {
  /** By component: the main one, and the other. */
  readonly mounts: readonly (readonly string[])[];
  readonly changed: readonly number[];
  readonly withholds: readonly string[];
  readonly release: string;
  readonly replicas: number | null;
}

interface Scene {
  readonly shop: Readonly<Record<Name, Drawn>>;
  readonly newest: readonly number[];
  /** Secrets whose first version is revoked, where there is another. */
  readonly revoked: readonly string[];
  readonly wish: RestartWish;
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  mounts: fc.tuple(fc.subarray(secrets), fc.subarray(secrets)),
  changed: fc.subarray([0, 1]),
  withholds: fc.subarray(secrets),
  release: fc.constantFrom('1', '2'),
  replicas: fc.constantFrom(null, 3),
});

const policy = fc.constantFrom<RestartPolicy[]>('changed', 'never');
const scene: fc.Arbitrary<Scene> = fc.record({
  shop: fc.record({ cart: drawn, shop: drawn, web: drawn }),
  newest: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }), fc.constant(2)),
  revoked: fc.subarray(secrets),
  wish: fc.record({ all: fc.option(policy), services: fc.dictionary(fc.constantFrom<string[]>(...names), policy) }),
});

const ref = (name: string, number: number): SecretRef => ({
  kind: 'version',
  version: String(number),
  id: `${name}-${number}`,
});

function definitionsOf(shop: Scene['shop'], isThen: boolean): readonly ServiceDefinition[] {
  return names.map((name) => {
    const { mounts, changed, withholds, release } = shop[name];
    const made = componentsOf(name).map((one, index) => {
      const mounted = (mounts[index] ?? []).map((secret) => {
        return { secret, target: `/run/secrets/${secret}`, mode: 0o444, uid: '0', gid: '0' };
      });
      const variables: Record<string, string> = isThen && changed.includes(index) ? { LEVEL: 'warn' } : {};
      return [one, component({ variables, ...(mounted.length === 0 ? {} : { secrets: mounted }) })] as const;
    });
    const of = service(name, { version: isThen ? release : '1', components: Object.fromEntries(made) });
    return { ...of, traits: { ...of.traits, withholds } };
  });
}

function planOf(
  definitions: readonly ServiceDefinition[],
  change: Pick<SecretsInput, 'current' | 'inventory' | 'known'> & { readonly entries: Record<string, SpecEntry> },
  wish: RestartWish | 'as before there was a wish',
) {
  const { current, inventory, known, entries } = change;
  const spec: Spec = { environment: 'dev', services: entries };
  const byName = new Map(definitions.map((it) => [it.service, it]));
  const none = new Set<string>();
  const of = { spec, current, restored: null, definitions: byName, busy: none, named: none, inventory, known };
  const plan = (pinned: PinnedSpec) => makePlan({ ...input(definitions, { current, inventory }), ...pinned });
  if (wish !== 'as before there was a wish') return planWithSecrets(of, wish, plan);
  const pinned = withSecrets({ ...of, withhold: () => null });
  return { ...plan(pinned), spec: pinned.spec };
}

const restarting = ({ plan }: Pick<Planned, 'plan'>) =>
  stepsOf(plan)
    .filter(({ change }) => change.kind === 'update' && change.restarts)
    .map(({ id }) => id);

type Planned = ReturnType<typeof planOf>;

/** Whether anything but versions of secrets restarts it. */
function hasOwnReason({ change }: Step): boolean {
  if (change.kind !== 'update' || !change.restarts) return true;
  return change.fields.some(({ field }) => !/^(?:secrets\.\w+\.ref\b|replicas$|release$|serviceLabels)/.test(field));
}

const noneRevoked = { revoked: new Set<string>(), untold: new Map<string, never>() };

/** All is set up with the first versions; then definitions change, and secrets. */
function played({ shop, newest, revoked, wish }: Scene) {
  const first = definitionsOf(shop, false);
  const before = planOf(
    first,
    {
      current: { environment: 'dev', services: {} },
      inventory: [],
      known: { ...noneRevoked, newest: new Map(secrets.map((name) => [name, ref(name, 1)])) },
      entries: Object.fromEntries(names.map((name) => [name, entry('1')])),
    },
    { all: 'never', services: {} },
  );
  const definitions = definitionsOf(shop, true);
  const newestRefs = new Map(secrets.map((name, index) => [name, ref(name, newest[index] ?? 1)]));
  const isNew = (name: string) => !isSameRef(newestRefs.get(name), ref(name, 1));
  const gone = new Set(revoked.filter(isNew).map((name) => `${name}-1`));
  const change = {
    current: before.spec,
    inventory: after(before),
    known: { ...noneRevoked, revoked: gone, newest: newestRefs },
    entries: Object.fromEntries(
      names.map((name) => [name, entry(shop[name].release, { replicas: shop[name].replicas })]),
    ),
  };
  return { definitions, change, newestRefs, isNew, gone, result: planOf(definitions, change, wish) };
}

/** What is true of each secret of each service, and which of the cases it was. */
function checkSecret(of: ReturnType<typeof played>, wish: RestartWish, definition: ServiceDefinition, secret: string) {
  const { service: name, traits, components } = definition;
  const { plan, spec } = of.result;
  const asked = Object.hasOwn(wish.services, name) ? wish.services[name] : wish.all;
  const isNever = asked === 'never' || (asked !== 'changed' && traits.withholds?.includes(secret) === true);
  const isGone = of.gone.has(`${secret}-1`);
  const has = spec.services[name]?.secrets?.[secret];
  const isBehind = !isSameRef(has, of.newestRefs.get(secret));
  const told = (plan.withheld ?? []).filter((one) => one.service === name && one.secret === secret);
  assert.equal(told.length, isBehind ? 1 : 0, 'what is withheld is told');
  if (isBehind) assert.ok(isNever && !isGone && isSameRef(has, ref(secret, 1)) && isSameRef(told[0]?.runs, has));
  const restarted = restarting(of.result);
  const mounting = Object.keys(components).filter((one) =>
    components[one]?.secrets?.some((file) => file.secret === secret),
  );
  const isAnew = mounting.every((one) => restarted.includes(`fe/${name}/${one}`));
  assert.ok(!(isAnew && isBehind), 'what starts anew takes the newest');
  if (isBehind) return 'withheld';
  if (!of.isNew(secret) || !isNever) return 'changed';
  assert.ok(isAnew || isGone, 'what does not start anew keeps what it has');
  return isGone ? 'revoked' : 'taken along';
}

test('with never no newer version restarts anything, what is withheld is told, and changed is as it always was', () => {
  const reached = new Set<string>();
  const run = (drawnScene: Scene) => {
    const { wish } = drawnScene;
    const of = played(drawnScene);
    const { definitions, change, result, gone } = of;
    const plain = planOf(definitions, change, 'as before there was a wish');
    assert.equal(planOf(definitions, change, { all: 'changed', services: {} }).digest, plain.digest);
    assert.deepEqual(
      restarting(result).filter((id) => !restarting(plain).includes(id)),
      [],
      'what is withheld restarts nothing that would not restart without it',
    );
    for (const definition of definitions)
      for (const secret of secretNames(definition)) reached.add(checkSecret(of, wish, definition, secret));
    if (wish.all === 'never' && Object.keys(wish.services).length === 0 && gone.size === 0)
      for (const step of stepsOf(result.plan)) assert.ok(hasOwnReason(step), `${step.id} restarts for secrets alone`);
    const again = planOf(
      definitions,
      { ...change, current: result.spec, inventory: after(result, change.inventory) },
      wish,
    );
    assert.deepEqual(stepsOf(again.plan), [], 'what was carried out is not planned again');
    assert.equal(digestOf(again.spec), digestOf(result.spec));
  };
  fc.assert(fc.property(scene, run), { numRuns: 500 });
  assert.deepEqual([...reached].toSorted(), ['changed', 'revoked', 'taken along', 'withheld']);
});
