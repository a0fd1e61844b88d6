import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleTarget } from '../testing/world.ts';
import type { Workload } from '../workload.ts';
import { adviseOn } from './advice.ts';

function advise(change: Partial<Workload>, contents: ReadonlyMap<string, string> = new Map()): readonly string[] {
  const target = sampleTarget({ cluster: 'fe', service: 'cart', component: 'web' }, '1', { replicas: 2, ...change });
  return adviseOn({ targets: [target], contents });
}

const config = { config: 'proxy', content: 'c', target: '/c', mode: 0o444, uid: '0', gid: '0' };
const volume = { volume: 'data', target: '/d', readOnly: false };

const cases: readonly (readonly [string, Partial<Workload>, RegExp | null])[] = [
  ['two replicas', {}, null],
  ['no replicas', { replicas: 0, volumes: [volume] }, null],
  ['a single replica', { replicas: 1 }, /^a single replica, .*: cart\/web$/],
  ['a local volume', { replicas: 1, volumes: [volume] }, /^data in a local volume, .*: cart\/web \(data\)$/],
  ['a volume of a driver', { volumes: [{ ...volume, driver: { name: 'nfs', options: {} } }] }, null],
  [
    'a port of the node',
    { ports: [{ target: 80, published: 8080, protocol: 'tcp', mode: 'host' }] },
    /^a port of the node, .*: cart\/web \(8080\)$/,
  ],
  ['a fixed host name', { hostname: 'cart' }, /^the same host name in every replica: cart\/web \(cart\)$/],
  ['a host name of its own for each', { hostname: 'cart-{{.Task.Slot}}' }, null],
  [
    'a global service',
    { replicas: 1, mode: 'global', ports: [{ target: 80, published: 80, protocol: 'tcp', mode: 'host' }] },
    null,
  ],
  [
    'a sticky label of Traefik',
    { serviceLabels: { 'traefik.http.services.cart.loadbalancer.sticky.cookie': 'true' } },
    /sticky sessions/,
  ],
  ['a sticky label of the engine', { labels: { 'com.docker.lb.sticky_session_cookie': 'id' } }, /sticky sessions/],
  ['a label that only sounds so', { labels: { 'sticky-notes': 'x' } }, null],
];

for (const [what, change, expected] of cases) {
  test(`${what} ${expected === null ? 'gives no advice' : 'is told in one line'}`, () => {
    const lines = advise(change);
    assert.equal(lines.length, expected === null ? 0 : 1, lines.join('\n'));
    if (expected !== null) assert.match(lines[0] ?? '', expected);
  });
}

test("a proxy's config that keeps callers with one server is told by its name", () => {
  const told = (text: string) => advise({ configs: [config] }, new Map([['c', text]])).length;
  for (const text of [
    'upstream a {\n  ip_hash;\n}',
    'upstream a {\n  sticky cookie id;\n}',
    'backend b\n  stick-table type ip size 1m\n',
    'backend b\n  balance source\n',
    'backend b\n  cookie SRV insert indirect\n',
    'reverse_proxy a:80 b:80 { lb_policy cookie }',
    'loadBalancer:\n  sticky:\n    cookie: {}\n',
  ]) {
    assert.equal(told(text), 1, text);
  }
  for (const text of ['', '# no ip_hash here', 'server { listen 80; }', 'cookie_domain a;'])
    assert.equal(told(text), 0, text);
  assert.equal(advise({ configs: [config] }).length, 0);
});

test('components of the same trouble share a line, which names five at most', () => {
  const targets = Array.from({ length: 8 }, (_, index) =>
    sampleTarget({ cluster: index < 4 ? 'fe' : 'be', service: `s${index}`, component: `s${index}` }, '1'),
  );
  const lines = adviseOn({ targets, contents: new Map() });
  assert.deepEqual(lines, ['a single replica, gone while its node is: s0, s1, s2, s3, s4 and 3 more']);
});
