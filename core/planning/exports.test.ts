import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceDefinition } from '../definition.ts';
import { isFault } from '../fault.ts';
import { environmentNetwork } from '../names.ts';
import { stepsOf } from '../plan.ts';
import type { Platform } from '../platform.ts';
import { codeOf } from '../testing/code-of.ts';
import { after, component, entry, input, platform, service, wavesOf } from '../testing/shop.ts';
import type { PublishedPort, Target } from '../workload.ts';
import { makePlan, type PlanningInput, type PlanningResult } from './make-plan.ts';

const port: PublishedPort = { target: 80, published: 8081, protocol: 'tcp', mode: 'host' };
const publishing = component({ ports: [port] });
const site = service('site', { role: 'front-end', needs: ['catalog'] });
const catalog = service('catalog', {
  role: 'back-end',
  exports: { catalog: 'catalog' },
  components: { catalog: publishing },
});

function prod(definitions: readonly ServiceDefinition[]) {
  return input(definitions, { environment: 'prod' });
}

/** The platform with another definition of the cluster be. */
function withBe(change: Partial<Platform['clusters'][string]>): Platform {
  const { be, ...rest } = platform.clusters;
  assert.ok(be);
  return { ...platform, clusters: { ...rest, be: { ...be, ...change } } };
}

function targetOf({ plan, targets }: PlanningResult, id: string): Target {
  const step = stepsOf(plan).find((it) => it.id === id);
  assert.ok(step !== undefined && step.change.kind !== 'remove', id);
  const target = targets.get(step.change.to);
  assert.ok(target);
  return target;
}

const notesOf = ({ plan }: PlanningResult, id: string) => stepsOf(plan).find((it) => it.id === id)?.notes ?? [];

function nextOf(of: PlanningInput): string {
  try {
    makePlan(of);
  } catch (error) {
    assert.ok(isFault(error), String(error));
    return error.next ?? '';
  }
  assert.fail('it was planned');
}

test('what is needed on another cluster is found under its name at the address of that cluster', () => {
  const result = makePlan(prod([site, catalog]));
  assert.deepEqual(targetOf(result, 'fe/site/site').workload.hosts, [{ name: 'catalog', address: '10.0.0.5' }]);
  assert.equal('hosts' in targetOf(result, 'be/catalog/catalog').workload, false);
  assert.deepEqual(notesOf(result, 'fe/site/site'), ['catalog is reached at 10.0.0.5:8081']);
});

test('what runs beside its caller is found on the network of the environment, not by a host entry', () => {
  const both = { ...site, traits: { ...site.traits, role: 'back-end' } };
  const result = makePlan(prod([both, catalog]));
  assert.equal('hosts' in targetOf(result, 'be/site/site').workload, false);
});

test('every export of what is needed is found, at each cluster that runs it and at the port of the spec', () => {
  const components = { catalog: publishing, search: component({ ports: [{ ...port, published: 9200 }] }) };
  const exports = { catalog: 'catalog', 'catalog-search': 'search' };
  const shop = [site, service('catalog', { role: 'back-end', exports, components })];
  const clusters = { ...platform.clusters, be2: { ...withBe({ address: 'fd00::6' }).clusters['be']! } };
  const environmentDefinition = { ...platform.environments['prod']!, clusters: ['fe', 'be', 'be2'], waves: [] };
  const entries = { catalog: entry('1', { ports: { '80': 18081 } }) };
  const result = makePlan(input(shop, { platform: { ...platform, clusters }, environmentDefinition }, entries));
  assert.deepEqual(targetOf(result, 'fe/site/site').workload.hosts, [
    { name: 'catalog', address: '10.0.0.5' },
    { name: 'catalog', address: 'fd00::6' },
    { name: 'catalog-search', address: '10.0.0.5' },
    { name: 'catalog-search', address: 'fd00::6' },
  ]);
  assert.deepEqual(notesOf(result, 'fe/site/site'), [
    'catalog is reached at 10.0.0.5:18081',
    'catalog is reached at [fd00::6]:18081',
    'catalog-search is reached at 10.0.0.5:9200',
    'catalog-search is reached at [fd00::6]:9200',
  ]);
});

test('another address of a cluster changes those who call it from elsewhere, and nobody else', () => {
  const first = makePlan(prod([site, catalog]));
  const moved = { ...prod([site, catalog]), platform: withBe({ address: '10.0.0.9' }), inventory: after(first) };
  const { plan } = makePlan(moved);
  assert.deepEqual(wavesOf(plan), [['update fe/site/site']]);
  assert.deepEqual(plan.unchanged, ['be/catalog/catalog']);
});

test('a host that the definition itself names goes before what is reached', () => {
  const hosts = [
    { name: 'catalog', address: '192.0.2.1' },
    { name: 'zoo', address: '192.0.2.2' },
  ];
  const own = service('site', { role: 'front-end', needs: ['catalog'], components: { site: component({ hosts }) } });
  assert.deepEqual(targetOf(makePlan(prod([own, catalog])), 'fe/site/site').workload.hosts, hosts);
});

test("on the environment's network only the service's name and its exports lead to a component", () => {
  const components = { catalog: publishing, search: component(), db: component() };
  const result = makePlan(input([service('catalog', { exports: { lookup: 'search', wares: 'catalog' }, components })]));
  const aliases = ['catalog', 'search', 'db'].map((name) =>
    targetOf(result, `fe/catalog/${name}`)
      .workload.networks.filter((it) => it.network === environmentNetwork('dev'))
      .map((it) => it.aliases),
  );
  assert.deepEqual(aliases, [[['catalog', 'wares']], [['lookup']], [[]]]);
});

test('a call across clusters that leads nowhere is refused with what to write, and where', () => {
  const silent = service('catalog', { role: 'back-end', components: { catalog: publishing } });
  const closed = service('catalog', { role: 'back-end', exports: { catalog: 'catalog' } });
  const named = { ...prod([site, catalog]), platform: withBe({ address: 'be.example.com' }) };
  const nowhere = { ...prod([site, catalog]), platform: withBe({ address: null }) };
  const cases: readonly [string, RegExp, PlanningInput][] = [
    ['plan.export', /x-drayage: \{ export: true \}.*Compose file of catalog/, prod([site, silent])],
    ['plan.export', /services\.catalog\.ports.*Compose file of catalog/, prod([site, closed])],
    ['plan.address', /clusters\.be\.address in the platform document/, named],
    ['plan.address', /clusters\.be\.address in the platform document/, nowhere],
  ];
  for (const [code, next, of] of cases) {
    assert.equal(
      codeOf(() => makePlan(of)),
      code,
    );
    assert.match(nextOf(of), next);
  }
});

test('two claims to one name within an environment are refused, also when another deployment brings one of them', () => {
  const claiming = service('other', { exports: { catalog: 'other' } });
  const plain = service('catalog');
  assert.equal(
    codeOf(() => makePlan(input([plain, claiming]))),
    'plan.export',
  );
  const inventory = after(makePlan(input([plain]))).map((item) => ({ ...item, settled: false }));
  assert.equal(
    codeOf(() => makePlan(input([claiming], { inventory, busy: new Set(['catalog']) }))),
    'plan.export',
  );
});
