import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonical } from '../canonical.ts';
import { jsonOfNode, nodeOfJson, type DocumentNode } from '../document/node.ts';
import { parseDocument } from '../document/yaml.ts';
import type { Json } from '../json.ts';
import { definitionOf, problemsOf } from '../testing/project.ts';
import { fileRules } from './merge-rules.ts';
import { merge, settle, type Merging } from './merge.ts';

const strict: Merging = {
  add: (_, message) => assert.fail(message),
  spend: () => undefined,
};

function node(text: string): DocumentNode {
  return parseDocument({ name: 'a.yaml', text }, { mergeTags: true });
}

/** The component `web` of these texts, merged in their order. */
function web(...texts: readonly string[]): Json {
  const [first = node(''), ...others] = texts.map((text) => node(`services: { web: { ${text} } }`));
  const merged = others.reduce((base, over) => settle(merge(base, over, fileRules, strict)), settle(first));
  assert.ok(merged.kind === 'map');
  return jsonOfNode(merged.entries[0]?.value ?? merged, undefined);
}

const cases: readonly (readonly [string, readonly string[], string])[] = [
  ['a later text replaces an earlier one', ['user: a', 'user: b'], 'user: b'],
  [
    'nothing leaves what was there',
    ['user: a, deploy: { replicas: 2 }', 'user: , deploy: '],
    'user: a, deploy: { replicas: 2 }',
  ],
  [
    'maps are merged key by key',
    [
      'deploy: { replicas: 1, resources: { limits: { cpus: 1 } } }',
      'deploy: { replicas: 2, resources: { limits: { memory: 1g } } }',
    ],
    'deploy: { replicas: 2, resources: { limits: { cpus: 1, memory: 1g } } }',
  ],
  [
    'commands are replaced',
    ['command: [a, b], entrypoint: [x]', 'command: [c], entrypoint: y'],
    'command: [c], entrypoint: y',
  ],
  [
    'the test of a health check is replaced, its times are kept',
    ['healthcheck: { test: [CMD, a], interval: 5s }', 'healthcheck: { test: b }'],
    'healthcheck: { test: b, interval: 5s }',
  ],
  ['lists come one after the other', ['security_opt: [a]', 'security_opt: [b]'], 'security_opt: [a, b]'],
  ['names that stand in both lists stand once', ['cap_drop: [A, B]', 'cap_drop: [B, C]'], 'cap_drop: [A, B, C]'],
  [
    'variables are merged by name in lists',
    ['environment: [A=1, B=2]', 'environment: [B=3, C=4]'],
    'environment: [A=1, B=3, C=4]',
  ],
  [
    'a map and a list of variables become a list',
    ['environment: { A: 1, B: true, "C$": x }', 'environment: [A=2]'],
    'environment: [A=2, B=true, C$$=x]',
  ],
  [
    'labels of a deployment are merged by name',
    ['deploy: { labels: [a=1] }', 'deploy: { labels: { a: 2 } }'],
    'deploy: { labels: [a=2] }',
  ],
  [
    'ports are the same by address, target, published port and protocol',
    [
      'ports: ["80:80", "127.0.0.1:81:81", "[::1]:1:1"]',
      'ports: [{ target: 80, published: "80" }, "81:81", "80:80/udp", "[::1]:1:1"]',
    ],
    'ports: [{ target: 80, published: "80" }, "127.0.0.1:81:81", "[::1]:1:1", "81:81", "80:80/udp"]',
  ],
  [
    'volumes are the same by their target, in the short and the long form',
    [
      'volumes: ["a:/srv", "/cache", "${V:-b}:/data:ro"]',
      'volumes: [{ type: volume, source: c, target: /data }, "d:/srv/"]',
    ],
    'volumes: ["d:/srv/", /cache, { type: volume, source: c, target: /data }]',
  ],
  [
    'configs are the same by their target, which is their name where nothing is said',
    ['configs: [a, { source: b, target: /b }]', 'configs: [{ source: c, target: /a }, { source: b }]'],
    'configs: [{ source: c, target: /a }, { source: b }]',
  ],
  [
    'secrets are the same by their target',
    ['secrets: [a]', 'secrets: [{ source: b, target: /run/secrets/a }]'],
    'secrets: [{ source: b, target: /run/secrets/a }]',
  ],
  [
    'dependencies in both forms become a map',
    ['depends_on: [a, b]', 'depends_on: { b: { condition: service_healthy } }'],
    'depends_on: { a: { condition: service_started }, b: { condition: service_healthy } }',
  ],
  [
    'networks in both forms become a map',
    ['networks: [a, b]', 'networks: { b: { aliases: [x] } }'],
    'networks: { a: , b: { aliases: [x] } }',
  ],
  [
    'one name and a list of them make a list',
    ['dns: 1.1.1.1, tmpfs: /tmp', 'dns: [8.8.8.8], tmpfs: ["/tmp:size=1m"]'],
    'dns: [1.1.1.1, 8.8.8.8], tmpfs: ["/tmp:size=1m"]',
  ],
  [
    'options of logging are merged when the driver is the same',
    ['logging: { driver: a, options: { x: 1 } }', 'logging: { driver: a, options: { y: 2 } }'],
    'logging: { driver: a, options: { x: 1, y: 2 } }',
  ],
  [
    'logging is replaced when the driver is another one',
    ['logging: { driver: a, options: { x: 1 } }', 'logging: { driver: b }'],
    'logging: { driver: b }',
  ],
  [
    'a limit is replaced as a whole',
    ['ulimits: { nofile: { soft: 1, hard: 2 } }', 'ulimits: { nofile: 9 }'],
    'ulimits: { nofile: 9 }',
  ],
  ['a build in short is its context', ['build: .', 'build: { dockerfile: x }'], 'build: { context: ., dockerfile: x }'],
  [
    '!reset takes away',
    ['user: a, environment: { A: 1, B: 2 }', 'user: !reset null, environment: { A: !reset null }'],
    'environment: { B: 2 }',
  ],
  ['!reset in a single file is nothing', ['user: !reset a, ports: [!reset "1:1", "2:2"]'], 'ports: ["2:2"]'],
  ['what was reset can be set again', ['ports: ["1:1"]', 'ports: !reset []', 'ports: ["3:3"]'], 'ports: ["3:3"]'],
  [
    '!override replaces as a whole',
    ['ports: ["1:1"], deploy: { replicas: 1 }', 'ports: !override ["2:2"], deploy: !override { mode: global }'],
    'ports: ["2:2"], deploy: { mode: global }',
  ],
];

for (const [what, texts, expected] of cases) {
  test(`${what}: ${texts.join(' + ')}`, () => assert.deepEqual(web(...texts), web(expected)));
}

test('a map over a list is refused at its place, with the other one named', () => {
  const found = problemsOf(
    {
      'compose.yaml': 'services: { web: { image: a } }\nx-a: [1]\n',
      'prod.yaml': 'x-a:\n  b: 1\n',
    },
    { over: ['prod.yaml'] },
  );
  assert.deepEqual(found, ['prod.yaml:2:3: a map cannot go over a list']);
});

test('the same content by another split of files is the same definition', () => {
  const one = definitionOf({
    'compose.yaml':
      'services:\n  web:\n    image: web:1\n    environment: { A: a, B: "${B}" }\n    ports: ["1:1", "2:2"]\n  db: { image: db:1 }\nvolumes: { data: }\n',
  });
  const split = definitionOf(
    {
      'compose.yaml': 'services:\n  web:\n    image: web:0\n    environment: { B: "${B}" }\n    ports: ["1:1"]\n',
      'more.yaml': 'services:\n  db: { image: db:1 }\n  web: { image: web:1, ports: ["2:2"] }\n',
      'prod.yaml': 'volumes: { data: }\nservices: { web: { environment: { A: a } } }\n',
    },
    { over: ['more.yaml', 'prod.yaml'] },
  );
  assert.equal(canonical(split), canonical(one));
});

const key = fc.constantFrom('a', 'b', 'c', 'services', 'environment', 'deploy', 'labels');
const text = fc.constantFrom<Json>('x', 'y', 'A=1', null, 1, true);
const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    text,
    fc.dictionary(key, tie('tree'), { maxKeys: 5, noNullPrototype: true }),
  ),
}));
const maps = fc.dictionary(key, tree, { maxKeys: 5, noNullPrototype: true });
/** Text over a map is refused, which is no matter of order. */
const lenient: Merging = { add: () => undefined, spend: () => undefined };

function merged(a: Json, b: Json): Json {
  return jsonOfNode(merge(nodeOfJson(a), nodeOfJson(b), fileRules, lenient));
}

test('merging with an empty file, before or after, changes nothing', () => {
  fc.assert(
    fc.property(maps, (file) => {
      assert.deepEqual(merged(file, {}), file);
      assert.deepEqual(merged(file, null), file);
      assert.deepEqual(merged({}, file), file);
    }),
    { numRuns: 500 },
  );
});

const shaped = fc.dictionary(
  fc.constantFrom('a', 'b', 'c'),
  fc.dictionary(fc.constantFrom('d', 'e', 'f'), fc.constantFrom<Json>('x', 'y', null, 1)),
  { maxKeys: 3, noNullPrototype: true },
);

test('merging of maps is associative', () => {
  fc.assert(
    fc.property(shaped, shaped, shaped, (a, b, c) => {
      assert.equal(JSON.stringify(merged(merged(a, b), c)), JSON.stringify(merged(a, merged(b, c))));
    }),
    { numRuns: 500 },
  );
});

const pairs = fc.array(fc.constantFrom('A=1', 'A=2', 'B=1', 'B', 'C=3'), { maxLength: 4 }).map((items) => {
  const byName = new Map(items.map((item) => [item.split('=')[0], item]));
  return { services: { web: { environment: [...byName.values()] } } };
});

test('merging of lists of variables is associative, and the last one stands', () => {
  fc.assert(
    fc.property(pairs, pairs, pairs, (a, b, c) => {
      assert.deepEqual(merged(merged(a, b), c), merged(a, merged(b, c)));
      const names = JSON.stringify(merged(a, b)).match(/"[ABC](?==|")/g) ?? [];
      assert.equal(new Set(names).size, names.length);
    }),
    { numRuns: 500 },
  );
});
