import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ComponentDefinition, ReadDefinition, ServiceDefinition } from '../definition.ts';
import { isFault, type Fault } from '../fault.ts';
import { canonical } from '../canonical.ts';
import { sha256 } from '../hash.ts';
import type { ReleaseManifest } from '../release.ts';
import { instantiate, readDefinition } from './definition.ts';
import { composeKeys, keysOf, type SectionName } from './keys.ts';

type Values = { readonly [name: string]: string };

const blog = readFileSync(new URL('../../examples/documents/valid/compose-blog.yaml', import.meta.url), 'utf8');

function read(text: string, vars: Values = {}): ReadDefinition {
  return readDefinition({ name: 'compose.yaml', text }, { service: 'shop' }, vars);
}

/** What the app does with what was read: resolves images, stores files. */
function manifestOf(text: string, vars: Values = {}): ReleaseManifest {
  const { definition, images, files, inline, parameters, warnings } = read(text, vars);
  const resolved = Object.entries(images).map(([name, image]) => [name, `${image}@sha256:resolved`]);
  const digests = [
    ...files.map((path) => [path, sha256(path)]),
    ...Object.entries(inline).map(([path, content]) => [path, sha256(content)]),
  ];
  return {
    identity: {
      service: 'shop',
      version: '1',
      definition,
      images: Object.fromEntries(resolved),
      files: Object.fromEntries(digests),
    },
    parameters,
    images: {},
    source: { name: 'compose.yaml', text },
    meta: {},
    warnings,
  };
}

function make(text: string, values: Values = {}, vars: Values = {}): ServiceDefinition {
  // Through JSON, as a manifest is stored.
  return instantiate(JSON.parse(canonical(manifestOf(text, vars))), values);
}

/** The component `web` with these further lines. */
function web(lines: string, values: Values = {}, rest = ''): ComponentDefinition {
  const found = make(service(lines) + rest, values).components['web'];
  assert.ok(found);
  return found;
}

function service(lines: string): string {
  const indented = lines
    .split('\n')
    .map((line) => `    ${line}\n`)
    .join('');
  return `services:\n  web:\n    image: web:1\n${indented}`;
}

function faultOf(act: () => unknown): Fault {
  try {
    act();
  } catch (error) {
    assert.ok(isFault(error), error instanceof Error ? String(error.stack) : String(error));
    return error;
  }
  assert.fail('the file was read');
}

test('an image alone makes a component with every default', () => {
  assert.deepEqual(web(''), {
    image: 'web:1@sha256:resolved',
    entrypoint: null,
    command: null,
    variables: {},
    user: null,
    init: false,
    readOnlyRoot: true,
    stopGraceMs: 10_000,
    health: { kind: 'image' },
    tmpfs: [],
    volumes: [],
    configs: [],
    networks: [{ network: 'default', internal: false, aliases: [] }],
    ports: [],
    endpointMode: 'vip',
    replicas: 1,
    limits: { nanoCpus: null, memoryBytes: null, pids: null },
    reservations: { nanoCpus: null, memoryBytes: null, pids: null },
    restart: { condition: 'any', delayMs: 5000, maxAttempts: null, windowMs: null },
    placement: { constraints: [], spreadOver: [], maxPerNode: null },
    update: { order: null, parallelism: null, delayMs: null, monitorMs: null, maxFailureRatio: null },
    dependsOn: [],
  });
});

const mapped: readonly (readonly [string, Partial<ComponentDefinition>])[] = [
  ['command: a "b c"', { command: ['a', 'b c'] }],
  ['command: [a, "b c", 1.50]', { command: ['a', 'b c', '1.50'] }],
  ['command:', { command: null }],
  ['entrypoint: /init -v', { entrypoint: ['/init', '-v'] }],
  ['environment: { A: 1, B: true, C: "x=y", D: "" }', { variables: { A: '1', B: 'true', C: 'x=y', D: '' } }],
  ['environment: [A=1, "B=x=y", C=]', { variables: { A: '1', B: 'x=y', C: '' } }],
  ['environment: { A: "$$x" }', { variables: { A: '$x' } }],
  [
    'healthcheck: { test: curl x }',
    {
      health: {
        kind: 'command',
        test: ['CMD-SHELL', 'curl x'],
        intervalMs: 30_000,
        timeoutMs: 30_000,
        retries: 3,
        startPeriodMs: 0,
      },
    },
  ],
  [
    'healthcheck: { test: [CMD, a], interval: 1m30s, timeout: 500ms, retries: 7, start_period: 5s }',
    {
      health: {
        kind: 'command',
        test: ['CMD', 'a'],
        intervalMs: 90_000,
        timeoutMs: 500,
        retries: 7,
        startPeriodMs: 5000,
      },
    },
  ],
  ['healthcheck: { disable: true }', { health: { kind: 'none' } }],
  ['healthcheck: { test: [NONE] }', { health: { kind: 'none' } }],
  [
    'ports: ["8080:80", "53:53/udp"]',
    {
      ports: [
        { target: 80, published: 8080, protocol: 'tcp', mode: 'ingress' },
        { target: 53, published: 53, protocol: 'udp', mode: 'ingress' },
      ],
    },
  ],
  [
    'ports: [{ target: 80, published: "8080", mode: host }]',
    { ports: [{ target: 80, published: 8080, protocol: 'tcp', mode: 'host' }] },
  ],
  ['networks: [default]', { networks: [{ network: 'default', internal: false, aliases: [] }] }],
  [
    'networks: { default: { aliases: [b, a, b] } }',
    { networks: [{ network: 'default', internal: false, aliases: ['a', 'b'] }] },
  ],
  [
    'volumes: [{ type: tmpfs, target: /t, tmpfs: { size: 64k, mode: 0o700 } }]',
    { tmpfs: [{ target: '/t', sizeBytes: 65_536, mode: 0o700 }] },
  ],
  ['tmpfs: /tmp', { tmpfs: [{ target: '/tmp', sizeBytes: null, mode: null }] }],
  [
    'tmpfs: ["/tmp:size=1m,mode=1777", /run]',
    {
      tmpfs: [
        { target: '/tmp', sizeBytes: 1_048_576, mode: 0o1777 },
        { target: '/run', sizeBytes: null, mode: null },
      ],
    },
  ],
  ['read_only: false', { readOnlyRoot: false }],
  ['user: 1000:1000', { user: '1000:1000' }],
  ['user: 1000', { user: '1000' }],
  ['init: true', { init: true }],
  ['stop_grace_period: 1m', { stopGraceMs: 60_000 }],
  ['deploy: { mode: replicated, replicas: 0 }', { replicas: 0 }],
  ['deploy: { endpoint_mode: dnsrr }', { endpointMode: 'dnsrr' }],
  [
    'deploy: { resources: { limits: { cpus: 0.25, memory: 64M, pids: 9 }, reservations: { cpus: "0.1", memory: 8M } } }',
    {
      limits: { nanoCpus: 250_000_000, memoryBytes: 67_108_864, pids: 9 },
      reservations: { nanoCpus: 100_000_000, memoryBytes: 8_388_608, pids: null },
    },
  ],
  [
    'deploy: { update_config: { parallelism: 2, delay: 1s, order: start-first, monitor: 5s, max_failure_ratio: 0.5 } }',
    { update: { parallelism: 2, delayMs: 1000, order: 'start-first', monitorMs: 5000, maxFailureRatio: 0.5 } },
  ],
  [
    'deploy: { restart_policy: { condition: on-failure, delay: 1s, max_attempts: 3, window: 2m } }',
    { restart: { condition: 'on-failure', delayMs: 1000, maxAttempts: 3, windowMs: 120_000 } },
  ],
  [
    'deploy: { placement: { constraints: [node.labels.a==b], preferences: [{ spread: node.labels.zone }], max_replicas_per_node: 2 } }',
    { placement: { constraints: ['node.labels.a==b'], spreadOver: ['node.labels.zone'], maxPerNode: 2 } },
  ],
];

for (const [lines, expected] of mapped) {
  test(`${lines} is carried over`, () => {
    const found = web(lines);
    for (const [key, value] of Object.entries(expected)) {
      assert.deepEqual(Object.entries(found).find(([name]) => name === key)?.[1], value);
    }
  });
}

test('named volumes, configs and networks lead to what the top of the file says', () => {
  const found = web(
    'volumes: ["data:/data", "data:/copy:ro", { type: volume, source: data, target: /three }]\nconfigs: [one, { source: two, target: /etc/two, mode: 0o440, uid: "5", gid: "6" }]\nnetworks: { back: }',
    {},
    'volumes: { data: }\nnetworks: { back: { internal: true, driver: overlay } }\nconfigs: { one: { file: ./one.toml }, two: { content: "a $$ b" } }\n',
  );
  assert.deepEqual(found.volumes, [
    { volume: 'data', target: '/data', readOnly: false },
    { volume: 'data', target: '/copy', readOnly: true },
    { volume: 'data', target: '/three', readOnly: false },
  ]);
  assert.deepEqual(found.configs, [
    { config: 'one', content: sha256('./one.toml'), target: '/one', mode: 0o444, uid: '0', gid: '0' },
    { config: 'two', content: sha256('a $ b'), target: '/etc/two', mode: 0o440, uid: '5', gid: '6' },
  ]);
  assert.deepEqual(found.networks, [{ network: 'back', internal: true, aliases: [] }]);
});

test('x-drayage gives the traits of the service, and other extensions are left alone', () => {
  const text = `${service('x-team: { a: 1 }')}x-drayage: { owner: us, runbook: "https://r", role: front-end, needs: [b, a], deadline: 2m }\nx-other: [1]\n`;
  assert.deepEqual(make(text).traits, {
    owner: 'us',
    runbook: 'https://r',
    role: 'front-end',
    needs: ['a', 'b'],
    exports: {},
    deadlineMs: 120_000,
  });
  assert.deepEqual(read(text).warnings, []);
});

test('x-drayage.secrets names those whose newer versions restart nothing, by their names in the environment', () => {
  const secrets = 'secrets: { a: { external: true, name: shop-a }, b: { external: true }, c: { external: true } }\n';
  const of = (said: string) =>
    make(`${service('secrets: [a, b, c]')}${secrets}x-drayage: { secrets: { ${said} } }\n`).traits.withholds;
  assert.deepEqual(of('b: { restart: never }, a: { restart: never }, c: { restart: changed }'), ['b', 'shop-a']);
  assert.equal(of('a: {}'), undefined);
});

test('export names the main component by true, or each component by a name', () => {
  const two = 'services: { web: { image: a }, db: { image: b } }\n';
  const exportsOf = (text: string) => make(text).traits.exports;
  assert.deepEqual(exportsOf(`${service('init: true')}x-drayage: { export: true }\n`), { shop: 'web' });
  assert.deepEqual(exportsOf(`${service('init: true')}x-drayage: { export: false }\n`), {});
  assert.deepEqual(exportsOf(`${two}x-drayage: { export: { shop: web, shop-db: db } }\n`), {
    shop: 'web',
    'shop-db': 'db',
  });
});

test('depends_on is taken as a list and as a map', () => {
  const rest = '  db: { image: db }\n  cache: { image: cache }\n';
  assert.deepEqual(web('depends_on: [db, cache]', {}, rest).dependsOn, ['cache', 'db']);
  assert.deepEqual(web('depends_on: { db: { condition: service_healthy } }', {}, rest).dependsOn, ['db']);
});

test('a whole file of an ordinary web service is read, frozen and made concrete', () => {
  const { parameters, images, files, inline } = read(blog, { TAG: '1.5.0' });
  assert.deepEqual(
    parameters.map((one) => `${one.name}:${one.type}${one.required ? '!' : ''}`),
    ['DATABASE_PASSWORD:text!', 'WEB_REPLICAS:integer', 'WORKERS:text'],
  );
  assert.equal(images['web'], 'registry.example.com/blog/web:1.5.0');
  assert.deepEqual(files, ['./settings.toml']);
  assert.deepEqual(inline, { 'inline:banner': 'costs 5 $\n' });
  const { components } = make(blog, { DATABASE_PASSWORD: 'p$w', WEB_REPLICAS: '4' });
  assert.equal(components['web']?.replicas, 4);
  assert.equal(components['web']?.variables['DATABASE_URL'], 'postgres://blog:p$w@db:5432/blog');
  assert.deepEqual(components['web']?.restart, {
    condition: 'on-failure',
    delayMs: 2000,
    maxAttempts: 5,
    windowMs: 60_000,
  });
  assert.deepEqual(components['web']?.command, ['gunicorn', '--bind', '0.0.0.0:8000', 'blog:create_app()']);
  assert.equal(components['db']?.readOnlyRoot, false);
});

test('a definition without variables is the same whatever the values', () => {
  assert.deepEqual(make(service('user: app'), { UNUSED: 'x' }), make(service('user: app')));
});

for (const section of Object.keys(composeKeys) as SectionName[]) {
  for (const key of keysOf(section, 'refused')) {
    test(`${key} in ${section} is refused at its place, with the reason`, () => {
      const { text, line } = documentWith(section, key);
      const { code, problems } = faultOf(() => read(text));
      assert.equal(code, 'document.invalid');
      const problem = problems.find((one) => one.line === line);
      assert.ok(problem?.message.startsWith(`'${key}' is refused: `), problem?.message ?? 'no problem');
    });
  }
  for (const key of keysOf(section, 'ignored')) {
    test(`${key} in ${section} is left out with a warning`, () => {
      const { text, line } = documentWith(section, key);
      const { warnings, definition } = read(text);
      assert.ok(warnings.some((one) => one.startsWith(`compose.yaml:${line}:`) && one.includes(`'${key}' is ignored`)));
      assert.ok(!JSON.stringify(definition).includes(`"${key}":`));
    });
  }
  test(`a misspelt key in ${section} is refused with the right one named`, () => {
    const [first = ''] = keysOf(section, 'mapped').filter((key) => key.length > 3);
    const { text, line } = documentWith(section, `${first}z`);
    const { problems } = faultOf(() => read(text));
    const problem = problems.find((one) => one.line === line && one.message.startsWith('unknown key'));
    assert.match(problem?.hint ?? '', new RegExp(`did you mean '${first}'`));
  });
}

/** A file with one more key in a section, on a line of its own. */
function documentWith(section: SectionName, key: string): { readonly text: string; readonly line: number } {
  const open: { readonly [S in SectionName]: string } = {
    file: '',
    'x-drayage': 'x-drayage:\n  ',
    parameter: 'x-drayage:\n  parameters:\n    A:\n      ',
    'rotated secret': 'x-drayage:\n  secrets:\n    c:\n      ',
    service: 'services:\n  web:\n    image: a\n    ',
    healthcheck: 'services:\n  web:\n    image: a\n    healthcheck:\n      test: a\n      ',
    'service config': 'services:\n  web:\n    image: a\n    configs:\n      - source: c\n        ',
    'service secret': 'services:\n  web:\n    image: a\n    secrets:\n      - source: c\n        ',
    secret: 'secrets:\n  c:\n    external: true\n    ',
    'secret external': 'secrets:\n  c:\n    external:\n      ',
    ulimit: 'services:\n  web:\n    image: a\n    ulimits:\n      nofile:\n        ',
    logging: 'services:\n  web:\n    image: a\n    logging:\n      ',
    config: 'configs:\n  c:\n    content: a\n    ',
    'service network': 'services:\n  web:\n    image: a\n    networks:\n      default:\n        ',
    network: 'networks:\n  default:\n    ',
    volume: 'volumes:\n  data:\n    ',
    mount:
      'services:\n  web:\n    image: a\n    volumes:\n      - { type: tmpfs, target: /b }\n      - type: tmpfs\n        target: /a\n        ',
    'mount bind':
      'services:\n  web:\n    image: a\n    volumes:\n      - type: bind\n        source: /a\n        target: /a\n        bind:\n          ',
    'mount volume':
      'services:\n  web:\n    image: a\n    volumes:\n      - type: volume\n        target: /a\n        volume:\n          ',
    'mount tmpfs':
      'services:\n  web:\n    image: a\n    volumes:\n      - type: tmpfs\n        target: /a\n        tmpfs:\n          ',
    port: 'services:\n  web:\n    image: a\n    ports:\n      - target: 80\n        published: 80\n        ',
    dependency: 'services:\n  web:\n    image: a\n    depends_on:\n      db:\n        ',
    deploy: 'services:\n  web:\n    image: a\n    deploy:\n      ',
    resources: 'services:\n  web:\n    image: a\n    deploy:\n      resources:\n        ',
    limits: 'services:\n  web:\n    image: a\n    deploy:\n      resources:\n        limits:\n          ',
    reservations: 'services:\n  web:\n    image: a\n    deploy:\n      resources:\n        reservations:\n          ',
    'generic resource':
      'services:\n  web:\n    image: a\n    deploy:\n      resources:\n        reservations:\n          generic_resources:\n            - ',
    'discrete resource':
      'services:\n  web:\n    image: a\n    deploy:\n      resources:\n        reservations:\n          generic_resources:\n            - discrete_resource_spec:\n                ',
    update_config: 'services:\n  web:\n    image: a\n    deploy:\n      update_config:\n        ',
    restart_policy: 'services:\n  web:\n    image: a\n    deploy:\n      restart_policy:\n        ',
    placement: 'services:\n  web:\n    image: a\n    deploy:\n      placement:\n        ',
    preference:
      'services:\n  web:\n    image: a\n    deploy:\n      placement:\n        preferences:\n          - spread: a\n            ',
  };
  const before = open[section];
  const services = before.startsWith('services') ? '' : '\nservices: { web: { image: a } }';
  return { text: `${before}${key}: x${services}\n`, line: before.split('\n').length };
}

const refused: readonly (readonly [string, string])[] = [
  ['a relative path of the node', 'volumes: ["./a:/b"]'],
  ['a relative path of the node in the long form', 'volumes: [{ type: bind, source: a, target: /b }]'],
  ['a mount of the home folder', 'volumes: ["~/a:/b"]'],
  ['a volume without a name', 'volumes: [/data]'],
  ['an undeclared volume', 'volumes: ["dat:/data"]'],
  ['an undeclared network', 'networks: [back]'],
  ['an undeclared config', 'configs: [one]'],
  ['an undeclared dependency', 'depends_on: [db]'],
  ['a dependency on itself', 'depends_on: [web]'],
  ['waiting for a component to end', 'depends_on: { web: { condition: service_completed_successfully } }'],
  ['a port for the engine to choose', 'ports: ["80"]'],
  ['a port on one address', 'ports: ["127.0.0.1:80:80"]'],
  ['a port published twice', 'ports: ["80:80", "80:81"]'],
  ['dnsrr with a port of the mesh', 'ports: ["80:80"]\ndeploy: { endpoint_mode: dnsrr }'],
  ['two mounts at one path', 'tmpfs: [/a, /a]'],
  ['a variable without a value in a map', 'environment: { A: }'],
  ['a variable without a value in a list', 'environment: [A]'],
  ['a variable that stands twice', 'environment: [A=1, A=2]'],
  ['a list as a value', 'environment: { A: [1] }'],
  ['an empty command', 'command: []'],
  ['a command for a shell', 'command: a | b'],
  ['a health check of another form', 'healthcheck: { test: [curl, x] }'],
  ['a duration without a unit', 'stop_grace_period: 10'],
  ['a tmpfs with unknown options', 'tmpfs: ["/a:noexec"]'],
  ['a text as replicas', 'deploy: { replicas: many }'],
  ['decimal permissions', 'configs: [{ source: a, mode: 440 }]'],
  ['a template that is none', 'user: "$"'],
  ['too little memory', 'deploy: { resources: { limits: { memory: 1k } } }'],
  ['a constraint that compares nothing', 'deploy: { placement: { constraints: [ssd] } }'],
  ['a list in place of a component', 'deploy: []'],
];

for (const [what, lines] of refused) {
  test(`${what} is refused`, () => {
    const { code, problems } = faultOf(() => read(service(lines)));
    assert.equal(code, 'document.invalid');
    assert.ok(problems.some((problem) => problem.line >= 4));
  });
}

const files: readonly (readonly [string, string])[] = [
  ['an empty file', ''],
  ['a list', '- a\n'],
  ['a file without services', 'networks: {}\n'],
  ['no components', 'services: {}\n'],
  ['an empty component', 'services: { web: }\n'],
  ['a component without an image', 'services: { web: { build: . } }\n'],
  ['a component in capitals', 'services: { Web: { image: a } }\n'],
  ['an image that is none', 'services: { web: { image: "A b" } }\n'],
  ['a config from elsewhere', 'services: { web: { image: a } }\nconfigs: { a: { external: true } }\n'],
  ['a config outside of the folder', 'services: { web: { image: a } }\nconfigs: { a: { file: ../a } }\n'],
  ['a config with an absolute path', 'services: { web: { image: a } }\nconfigs: { a: { file: /etc/passwd } }\n'],
  ['a config with two sources', 'services: { web: { image: a } }\nconfigs: { a: { file: a, content: b } }\n'],
  ['a network of another driver', 'services: { web: { image: a } }\nnetworks: { a: { driver: bridge } }\n'],
  ['a service that needs itself', 'services: { web: { image: a } }\nx-drayage: { needs: [shop] }\n'],
  ['an export without a component', 'services: { web: { image: a } }\nx-drayage: { export: { shop: wbe } }\n'],
  [
    'an export of none of two components',
    'services: { a: { image: a }, b: { image: a } }\nx-drayage: { export: true }\n',
  ],
  [
    "an export under the service's name that another component bears",
    'services: { shop: { image: a }, b: { image: a } }\nx-drayage: { export: { shop: b } }\n',
  ],
  ['a rotation of a secret that there is not', 'services: { web: { image: a } }\nx-drayage: { secrets: { a: {} } }\n'],
  ['an owner that is a list', 'services: { web: { image: a } }\nx-drayage: { owner: [a] }\n'],
];

for (const [what, text] of files) {
  test(`${what} is refused`, () => assert.equal(faultOf(() => read(text)).code, 'document.invalid'));
}

test('the ordinary Compose file of the examples is refused with all places named at once', () => {
  const url = new URL('../../examples/documents/invalid/compose-of-the-wild.yaml', import.meta.url);
  const { problems } = faultOf(() => read(readFileSync(url, 'utf8')));
  assert.ok(problems.length >= 10, String(problems.length));
});

test('what must be known at the release is asked for by its --var', () => {
  const text = 'services: { web: { image: "web:${TAG}" } }\n';
  const { problems } = faultOf(() => read(text));
  assert.match(problems[0]?.hint ?? '', /--var TAG=VALUE/);
  const { images, parameters } = read(text, { TAG: '2' });
  assert.deepEqual([images, parameters], [{ web: 'web:2' }, []]);
});

test('a default of an image is taken at the release, and no environment changes it', () => {
  const text = 'services: { web: { image: "${R:-r.example.com}/web:1" } }\n';
  assert.deepEqual(read(text).parameters, []);
  assert.equal(make(text, { R: 'evil.example.com' }).components['web']?.image, 'r.example.com/web:1@sha256:resolved');
});

test('a value given at the release is not interpreted again', () => {
  assert.equal(make(service('user: "${U}"'), { V: 'no' }, { U: '${V}$$' }).components['web']?.user, '${V}$$');
});

test('a variable that nothing uses is warned of', () => {
  assert.match(read(service('init: true'), { TGA: '1' }).warnings[0] ?? '', /TGA/);
});

test('the environment of the process is never read', () => {
  process.env['DRAYAGE_TEST_USER'] = 'root';
  const { parameters } = read(service('user: "${DRAYAGE_TEST_USER}"'));
  delete process.env['DRAYAGE_TEST_USER'];
  assert.deepEqual(parameters, [{ name: 'DRAYAGE_TEST_USER', type: 'text', required: true }]);
});

test('a parameter has the type of the place where it stands', () => {
  const { parameters } = read(
    service(
      'init: ${A}\nstop_grace_period: ${B:-5s}\nuser: ${C}\ndeploy: { replicas: "${D}", resources: { limits: { memory: "${E}", cpus: "${F}" } } }',
    ),
  );
  assert.deepEqual(
    parameters.map((one) => `${one.name} ${one.type}`),
    ['A boolean', 'B duration', 'C text', 'D integer', 'E bytes', 'F number'],
  );
});

test('a default that does not fit is refused at the release already', () => {
  assert.equal(faultOf(() => read(service('init: ${A:-perhaps}'))).problems[0]?.line, 4);
});

test('all parameters without a value are named at once, with what the file says of them', () => {
  const manifest = manifestOf(service('user: ${A}\nstop_grace_period: ${B:?the slow ones need 5m}'));
  const fault = faultOf(() => instantiate(manifest, {}));
  assert.equal(fault.code, 'plan.parameter-missing');
  assert.deepEqual(fault.facts['parameters'], ['A', 'B']);
  assert.match(fault.message, /the slow ones need 5m/);
});

test('a value that does not fit is refused at its place in the source, with the parameter named', () => {
  const manifest = manifestOf(service('deploy:\n  replicas: ${N}'));
  const { code, problems } = faultOf(() => instantiate(manifest, { N: 'many' }));
  assert.equal(code, 'document.invalid');
  assert.deepEqual([problems[0]?.line, problems[0]?.column], [5, 17]);
  assert.match(problems[0]?.message ?? '', /parameter N/);
});

test('a value with a NUL is refused', () => {
  const manifest = manifestOf(service('user: ${N}'));
  assert.equal(faultOf(() => instantiate(manifest, { N: 'a\0b' })).code, 'request.invalid');
});

test('a Compose file with random changes is read or refused with a Fault, and what is read has canonical JSON', () => {
  const pieces = [
    '',
    ':',
    '\n',
    '  ',
    '- ',
    '[',
    '}',
    '"',
    '$',
    '${A}',
    '${A:-',
    '*x',
    '&x ',
    '<<: ',
    '0',
    '~',
    'null',
    'true',
    '\t',
    '|',
    '\u{1f4a5}',
    '__proto__: 1\n',
  ];
  let readable = 0;
  const change = fc.tuple(fc.nat({ max: blog.length }), fc.nat({ max: 12 }), fc.constantFrom(...pieces));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      let text = blog;
      for (const [at, length, piece] of changes) text = text.slice(0, at) + piece + text.slice(at + length);
      try {
        const manifest = manifestOf(text);
        canonical(manifest);
        instantiate(manifest, { DATABASE_PASSWORD: 'x', A: '1' });
        readable += 1;
      } catch (error) {
        if (!isFault(error)) throw error;
      }
    }),
    { numRuns: 600 },
  );
  assert.ok(readable > 10, `${readable} of the changed files were readable`);
});
