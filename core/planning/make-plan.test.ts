import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { codeOf } from '../testing/code-of.ts';
import { after, component, entry, input, platform, service, wavesOf } from '../testing/shop.ts';
import type { ComponentDefinition, ServiceDefinition } from '../definition.ts';
import { digestOf } from '../hash.ts';
import { isEmpty, stepsOf } from '../plan.ts';
import type { InventoryItem } from './inventory-item.ts';
import type { Platform } from '../platform.ts';
import type { Spec } from '../spec.ts';
import type { PublishedPort } from '../workload.ts';
import { makePlan, type PlanningInput } from './make-plan.ts';

const dev = platform.environments['dev'];
assert.ok(dev);

test('needs and depends_on order the waves, and what is independent goes together', () => {
  const shop = [
    service('storefront', { needs: ['cart', 'catalog'] }),
    service('cart'),
    service('catalog', { components: { catalog: component({ dependsOn: ['db'] }), db: component() } }),
  ];
  assert.deepEqual(wavesOf(makePlan(input(shop)).plan), [
    ['create fe/cart/cart', 'create fe/catalog/db'],
    ['create fe/catalog/catalog'],
    ['create fe/storefront/storefront'],
  ]);
});

test('a plan that changes nothing says so', () => {
  const shop = [service('cart'), service('catalog')];
  const first = makePlan(input(shop));
  const again = makePlan(input(shop, { inventory: after(first) }));
  assert.ok(isEmpty(again.plan));
  assert.deepEqual(again.plan.unchanged, ['fe/cart/cart', 'fe/catalog/catalog']);
});

test('an update names the fields that differ, old and new', () => {
  const before = makePlan(
    input([service('cart', { components: { cart: component({ variables: { LEVEL: 'info' } }) } })]),
  );
  const next = service('cart', { version: '2', components: { cart: component({ variables: { LEVEL: 'warn' } }) } });
  const { plan } = makePlan(input([next], { inventory: after(before) }));
  const [step] = stepsOf(plan);
  assert.ok(step?.change.kind === 'update');
  assert.equal(step.change.restarts, true);
  assert.deepEqual(step.change.fields, [
    { field: 'variables.LEVEL', from: 'info', to: 'warn' },
    { field: 'release', from: '1', to: '2' },
  ]);
});

test('a version with the same content changes the label alone and restarts nothing', () => {
  const before = makePlan(input([service('cart')]));
  const { plan } = makePlan(input([service('cart', { version: '2' })], { inventory: after(before) }));
  const [step] = stepsOf(plan);
  assert.ok(step?.change.kind === 'update');
  assert.equal(step.change.restarts, false);
});

test('only other replicas is a scale step', () => {
  const before = makePlan(input([service('cart')]));
  const { plan } = makePlan(
    input([service('cart')], { inventory: after(before) }, { cart: entry('1', { replicas: 3 }) }),
  );
  const [step] = stepsOf(plan);
  assert.ok(step?.change.kind === 'scale');
  assert.deepEqual([step.change.fromReplicas, step.change.toReplicas], [1, 3]);
});

test('what left the spec is removed after everything else has changed', () => {
  const before = makePlan(input([service('cart'), service('old')]));
  const { plan } = makePlan(input([service('cart', { version: '2' }), service('new')], { inventory: after(before) }));
  assert.deepEqual(wavesOf(plan), [['update fe/cart/cart', 'create fe/new/new'], ['remove fe/old/old']]);
});

test('a port passes from what is removed to what wants it: the removal goes first', () => {
  const port: PublishedPort = { target: 80, published: 8080, protocol: 'tcp', mode: 'host' };
  const before = makePlan(input([service('old', { components: { old: component({ ports: [port] }) } })]));
  const { plan } = makePlan(
    input([service('new', { components: { new: component({ ports: [port] }) } })], { inventory: after(before) }),
  );
  assert.deepEqual(wavesOf(plan), [['remove fe/old/old'], ['create fe/new/new']]);
});

test('a step that an earlier deployment left unsettled is done again', () => {
  const before = makePlan(input([service('cart')]));
  const inventory = after(before).map((item) => ({ ...item, settled: false }));
  assert.deepEqual(wavesOf(makePlan(input([service('cart')], { inventory })).plan), [['update fe/cart/cart']]);
});

test('what another deployment creates or changes meanwhile is no part of the plan', () => {
  const before = makePlan(input([service('cart')]));
  const next = makePlan(input([service('cart', { version: '2' }), service('new')], { inventory: after(before) }));
  const underWay = after(next, after(before)).map((item) => ({ ...item, settled: false }));
  const current: Spec = { environment: 'dev', services: { cart: entry('1') } };
  const busy = new Set(['cart', 'new']);
  const { plan } = makePlan(input([service('cart'), service('mine')], { current, inventory: underWay, busy }));
  assert.deepEqual(wavesOf(plan), [['create fe/mine/mine']]);
  assert.deepEqual(plan.unchanged, ['fe/cart/cart', 'fe/new/new']);
});

test('a service that another deployment changes can be changed again: the later one waits for the earlier', () => {
  const before = makePlan(input([service('cart')]));
  const next = makePlan(input([service('cart', { version: '2' })], { inventory: after(before) }));
  const current: Spec = { environment: 'dev', services: { cart: entry('1') } };
  const inventory = after(next, after(before)).map((item) => ({ ...item, settled: false }));
  const { plan } = makePlan(
    input([service('cart', { version: '3' })], { current, inventory, busy: new Set(['cart']) }),
  );
  assert.deepEqual(
    stepsOf(plan).map(({ id, fromRelease, toRelease }) => [id, fromRelease, toRelease]),
    [['fe/cart/cart', '2', '3']],
  );
});

test('a port that another deployment is about to take is claimed already', () => {
  const port: PublishedPort = { target: 80, published: 8080, protocol: 'tcp', mode: 'host' };
  const publishing = (name: string) => service(name, { components: { [name]: component({ ports: [port] }) } });
  const inventory = after(makePlan(input([publishing('theirs')]))).map((item) => ({ ...item, settled: false }));
  const mine = input([publishing('mine')], { inventory, busy: new Set(['theirs']) });
  assert.equal(
    codeOf(() => makePlan(mine)),
    'plan.port-claimed',
  );
});

test('a service runs on every cluster of its role, in the order of the environment', () => {
  const services = [service('site', { role: 'front-end' }), service('db', { role: 'back-end' })];
  assert.deepEqual(wavesOf(makePlan(input(services, { environment: 'prod' })).plan), [
    ['create be/db/db'],
    ['create fe/site/site'],
  ]);
});

test('a service runs on the one cluster that the spec names, be it without a role or with one that several bear', () => {
  const both: Platform = {
    ...platform,
    clusters: Object.fromEntries(
      Object.entries(platform.clusters).map(([name, of]) => [name, { ...of, roles: ['worker'] }]),
    ),
  };
  const services = [service('site'), service('db', { role: 'worker' }), service('queue', { role: 'worker' })];
  const entries = { site: entry('1', { cluster: 'fe' }), db: entry('1', { cluster: 'be' }) };
  assert.deepEqual(wavesOf(makePlan(input(services, { environment: 'prod', platform: both }, entries)).plan), [
    ['create be/db/db', 'create be/queue/queue'],
    ['create fe/queue/queue', 'create fe/site/site'],
  ]);
});

test('the third group of clusters waits for the first where nothing is wanted on the second', () => {
  const waves = [['one'], ['two'], ['three']];
  const environmentDefinition = { ...platform.environments['prod']!, clusters: ['one', 'two', 'three'], waves };
  const entries = { a: entry('1', { cluster: 'one' }), c: entry('1', { cluster: 'three' }) };
  const { plan } = makePlan(input([service('a'), service('c')], { environmentDefinition }, entries));
  assert.deepEqual(wavesOf(plan), [['create one/a/a'], ['create three/c/c']]);
});

test('the third group waits for the first also where what runs on the second stays as it is', () => {
  const waves = [['one'], ['two'], ['three']];
  const environmentDefinition = { ...platform.environments['prod']!, clusters: ['one', 'two', 'three'], waves };
  const of = (version: string): PlanningInput => {
    const changing = (name: string) =>
      service(name, { version, components: { [name]: component({ variables: { version } }) } });
    const entries = {
      a: entry(version, { cluster: 'one' }),
      b: entry('1', { cluster: 'two' }),
      c: entry(version, { cluster: 'three' }),
    };
    return input([changing('a'), service('b'), changing('c')], { environmentDefinition }, entries);
  };
  const inventory = after(makePlan(of('1')));
  assert.deepEqual(wavesOf(makePlan({ ...of('2'), inventory }).plan), [['update one/a/a'], ['update three/c/c']]);
});

test('what needs a service of a later group of clusters is a cycle that names the group', () => {
  const ports: readonly PublishedPort[] = [{ target: 80, published: 8080, protocol: 'tcp', mode: 'host' }];
  const site = { role: 'front-end', exports: { site: 'site' }, components: { site: component({ ports }) } };
  const services = [service('db', { role: 'back-end', needs: ['site'] }), service('site', site)];
  assert.throws(() => makePlan(input(services, { environment: 'prod' })), /all on be -> be\/db\/db -> fe\/site\/site/);
});

test('what cannot be planned is refused with its own code', () => {
  const port: PublishedPort = { target: 80, published: 8080, protocol: 'tcp', mode: 'host' };
  const publishing = (name: string) => service(name, { components: { [name]: component({ ports: [port] }) } });
  const claim = { cluster: 'fe', published: 8080, protocol: 'tcp', owner: 'test/site/site' } as const;
  const cases: readonly [string, PlanningInput][] = [
    ['plan.cycle', input([service('a', { needs: ['b'] }), service('b', { needs: ['a'] })])],
    [
      'plan.cycle',
      input([service('a', { components: { x: component({ dependsOn: ['y'] }), y: component({ dependsOn: ['x'] }) } })]),
    ],
    ['plan.need-missing', input([service('a', { needs: ['b'] })])],
    ['plan.port-claimed', input([publishing('a'), publishing('b')])],
    ['plan.port-claimed', input([publishing('a')], { otherClaims: [claim] })],
    ['plan.placement', input([service('a')], { environment: 'prod' })],
    ['plan.placement', input([service('a', { role: 'nowhere' })])],
    ['plan.placement', input([service('a')], {}, { a: entry('1', { cluster: 'be' }) })],
    ['plan.placement', input([service('a', { role: 'back-end' })], {}, { a: entry('1', { cluster: 'fe' }) })],
    ['plan.override', input([service('a')], {}, { a: entry('1', { ports: { '80': 8080 } }) })],
    [
      'plan.volume',
      input([
        service('a', {
          components: { a: component({ volumes: [{ volume: 'data', target: '/data', readOnly: false }] }) },
        }),
      ]),
    ],
  ];
  for (const [code, of] of cases)
    assert.equal(
      codeOf(() => makePlan(of)),
      code,
    );
});

test('a host port and a volume make a component stop first, and the plan says why', () => {
  const pinned = component({
    volumes: [{ volume: 'data', target: '/data', readOnly: false }],
    placement: { constraints: ['node.hostname == one'], spreadOver: [], maxPerNode: null },
  });
  const result = makePlan(input([service('a', { components: { a: pinned } })]));
  const [step] = stepsOf(result.plan);
  assert.match(step?.notes.join() ?? '', /^stop-first: the volume dev_a_data has a single writer/);
  assert.deepEqual(
    [...result.targets.values()].map((target) => target.policy.order),
    ['stop-first'],
  );
});

test('the plan warns of a component that neither its definition nor its image gives a health check', () => {
  const notes = (health: ComponentDefinition['health']) => {
    const unchecked = new Set(['a/a']);
    const { plan } = makePlan(input([service('a', { components: { a: component({ health }) } })], { unchecked }));
    return stepsOf(plan)[0]?.notes.join() ?? '';
  };
  const command = {
    kind: 'command',
    test: ['CMD', 'true'],
    intervalMs: 1,
    timeoutMs: 1,
    retries: 1,
    startPeriodMs: 0,
  } as const;
  assert.match(notes({ kind: 'image' }), /no health check/);
  assert.match(notes({ kind: 'none' }), /no health check/);
  assert.equal(notes(command), '');
});

const names = ['a', 'b', 'c', 'd', 'e'];
const randomShop = fc.array(
  fc.record({
    needs: fc.subarray(names),
    version: fc.constantFrom('1', '2'),
    replicas: fc.integer({ min: 1, max: 2 }),
  }),
  { minLength: names.length, maxLength: names.length },
);

/** A shop without cycles: each service needs only earlier ones. */
function toServices(
  shop: readonly { needs: readonly string[]; version: string; replicas: number }[],
  left: readonly string[],
): readonly ServiceDefinition[] {
  return names.flatMap((name, index) => {
    const { needs = [], version = '1', replicas = 1 } = shop[index] ?? {};
    const earlier = needs.filter((need) => names.indexOf(need) < index && left.includes(need));
    return left.includes(name)
      ? [
          service(name, {
            version,
            needs: earlier,
            components: { [name]: component({ replicas, variables: { version } }) },
          }),
        ]
      : [];
  });
}

test('any plan is the same however its input is ordered, leads where it says, and needs nothing more afterwards', () => {
  fc.assert(
    fc.property(randomShop, randomShop, fc.subarray(names), fc.subarray(names), (before, next, was, is) => {
      const inventory = after(makePlan(input(toServices(before, was))));
      const services = toServices(next, is);
      const result = makePlan(input(services, { inventory }));
      const shuffled = makePlan(input(services.toReversed(), { inventory: inventory.toReversed() }));
      assert.equal(shuffled.digest, result.digest);
      assert.equal(result.digest, digestOf(result.plan));
      const waveOf = new Map(
        result.plan.waves.flatMap((wave, index) => wave.map((step) => [step.spot.service, index])),
      );
      for (const it of services) {
        for (const need of it.traits.needs) {
          const [mine, theirs] = [waveOf.get(it.service), waveOf.get(need)];
          if (mine !== undefined && theirs !== undefined) assert.ok(theirs < mine, `${it.service} goes before ${need}`);
        }
      }
      assert.ok(isEmpty(makePlan(input(services, { inventory: after(result, inventory) })).plan));
    }),
    { numRuns: 300 },
  );
});

test('on many clusters each step is what it would be on its cluster alone, wherever it differs (property)', () => {
  const clusters = ['c0', 'c1', 'c2'];
  const bearing = { ...platform.clusters['fe'], roles: ['all'] } as Platform['clusters'][string];
  const everywhere = { ...platform, clusters: Object.fromEntries(clusters.map((name) => [name, bearing])) };
  const planOn = (
    on: readonly string[],
    services: readonly ServiceDefinition[],
    inventory: readonly InventoryItem[],
  ) => {
    const environmentDefinition = { ...dev, clusters: on };
    return makePlan(input(services, { platform: everywhere, environmentDefinition, inventory }));
  };
  const ofVersion = (version: string) =>
    ['cart', 'web'].map((name) =>
      service(name, {
        role: 'all',
        version,
        components: { [name]: component({ variables: { version } }), db: component() },
      }),
    );
  fc.assert(
    fc.property(fc.array(fc.constantFrom('1', '2', '3'), { minLength: 3, maxLength: 3 }), (before) => {
      const all = clusters.flatMap((name, at) => after(planOn([name], ofVersion(before[at] ?? ''), [])));
      // One knows nothing of what its items were made of.
      const bare = JSON.parse(JSON.stringify(all)) as readonly InventoryItem[];
      const together = planOn(clusters, ofVersion('3'), after(planOn(clusters, ofVersion('3'), all), all));
      assert.ok(isEmpty(together.plan));
      for (const inventory of [all, bare]) {
        const { plan, targets } = planOn(clusters, ofVersion('3'), inventory);
        const alone = clusters.map((name) =>
          planOn(
            [name],
            ofVersion('3'),
            bare.filter(({ spot }) => spot.cluster === name),
          ),
        );
        assert.deepEqual(
          stepsOf(plan),
          alone.flatMap((one) => stepsOf(one.plan)),
        );
        assert.deepEqual(new Map(targets), new Map(alone.flatMap((one) => [...one.targets])));
        for (const [digest, target] of targets) assert.equal(digest, digestOf(target));
      }
    }),
    { numRuns: 27 },
  );
});
