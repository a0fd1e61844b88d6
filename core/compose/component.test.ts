import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ComponentDefinition } from '../definition.ts';
import { isFault } from '../fault.ts';
import { instantiate, readDefinition } from './definition.ts';

type Values = { readonly [name: string]: string };

function fileOf(lines: string, rest: string): string {
  const indented = lines.split('\n').map((line) => `    ${line}\n`);
  return `services:\n  web:\n    image: web:1\n${indented.join('')}${rest}`;
}

/** The component `web` with these further lines, as an environment with these values has it. */
function web(lines: string, rest = '', values: Values = {}): ComponentDefinition {
  const source = { name: 'compose.yaml', text: fileOf(lines, rest) };
  const { definition, images, parameters, warnings } = readDefinition(source, { service: 'shop' }, {});
  const identity = { service: 'shop', version: '1', definition, images, files: {} };
  const manifest = { identity, parameters, images: {}, source, meta: {}, warnings };
  const found = instantiate(manifest, values).components['web'];
  assert.ok(found);
  return found;
}

function warningsOf(lines: string): readonly string[] {
  return readDefinition({ name: 'compose.yaml', text: fileOf(lines, '') }, { service: 'shop' }, {}).warnings;
}

/** What is wrong with the file, with lines. */
function refusals(lines: string, rest = ''): readonly string[] {
  try {
    web(lines, rest);
  } catch (error) {
    assert.ok(isFault(error), String(error));
    assert.equal(error.code, 'document.invalid');
    return error.problems.map(({ line, message, hint }) => `${line}: ${message} ${hint ?? ''}`);
  }
  assert.fail('the file was read');
}

const plain = web('init: false');
const mib = 1_048_576;

const carried: readonly (readonly [string, Partial<ComponentDefinition>])[] = [
  ['working_dir: /srv/app', { workingDir: '/srv/app' }],
  ['stop_signal: SIGUSR1', { stopSignal: 'SIGUSR1' }],
  ['stop_signal: 2', { stopSignal: '2' }],
  ['hostname: "web-{{.Task.Slot}}"', { hostname: 'web-{{.Task.Slot}}' }],
  ['tty: true\nstdin_open: true', { tty: true, stdinOpen: true }],
  ['tty: false\nstdin_open: false', {}],
  ['group_add: [mail, 1000, mail]', { groups: ['1000', 'mail'] }],
  [
    'extra_hosts: ["b:10.0.0.2", "a=10.0.0.1", "six:[::1]", "sixth=::2"]',
    {
      hosts: [
        { name: 'a', address: '10.0.0.1' },
        { name: 'b', address: '10.0.0.2' },
        { name: 'six', address: '::1' },
        { name: 'sixth', address: '::2' },
      ],
    },
  ],
  [
    'extra_hosts: { b: 10.0.0.2, a: [10.0.0.3, 10.0.0.1] }',
    {
      hosts: [
        { name: 'a', address: '10.0.0.1' },
        { name: 'a', address: '10.0.0.3' },
        { name: 'b', address: '10.0.0.2' },
      ],
    },
  ],
  [
    'dns: 9.9.9.9\ndns_search: [b.test, a.test]\ndns_opt: ["ndots:1"]',
    { dns: { servers: ['9.9.9.9'], search: ['b.test', 'a.test'], options: ['ndots:1'] } },
  ],
  ['sysctls: { net.core.somaxconn: 1024 }', { sysctls: { 'net.core.somaxconn': '1024' } }],
  ['sysctls: ["net.ipv4.tcp_syncookies=0"]', { sysctls: { 'net.ipv4.tcp_syncookies': '0' } }],
  [
    'ulimits: { nproc: 65535, nofile: { soft: 20000, hard: 40000 }, memlock: -1 }',
    {
      ulimits: [
        { name: 'memlock', soft: -1, hard: -1 },
        { name: 'nofile', soft: 20_000, hard: 40_000 },
        { name: 'nproc', soft: 65_535, hard: 65_535 },
      ],
    },
  ],
  [
    'cap_add: [cap_net_admin, SYS_TIME]\ncap_drop: [all]',
    { addedCapabilities: ['NET_ADMIN', 'SYS_TIME'], droppedCapabilities: ['ALL'] },
  ],
  ['labels: { a.b: 1, c: , d: true }', { labels: { 'a.b': '1', c: '', d: 'true' } }],
  ['labels: [a.b=x=y, c]', { labels: { 'a.b': 'x=y', c: '' } }],
  ['deploy: { labels: [com.docker.lb.port=80] }', { serviceLabels: { 'com.docker.lb.port': '80' } }],
  [
    'logging: { driver: local, options: { max-size: 10m, max-file: 3 } }',
    { logging: { driver: 'local', options: { 'max-size': '10m', 'max-file': '3' } } },
  ],
  ['logging: { options: { tag: x } }', { logging: { driver: '', options: { tag: 'x' } } }],
  ['network_mode: host', { hostNetwork: true, networks: [] }],
  ['deploy: { mode: global }', { mode: 'global', replicas: 1 }],
  ['isolation: default', { isolation: 'default' }],
  [
    'deploy: { resources: { reservations: { generic_resources: [{ discrete_resource_spec: { kind: GPU, value: 2 } }] } } }',
    { genericResources: { GPU: 2 } },
  ],
  [
    'volumes: ["/var//log/./x/:/logs:ro,rslave", { type: bind, source: /a, target: /b, bind: { propagation: shared } }]',
    {
      binds: [
        { source: '/a', target: '/b', readOnly: false, propagation: 'shared' },
        { source: '/var/log/x', target: '/logs', readOnly: true, propagation: 'rslave' },
      ],
    },
  ],
  ['shm_size: 64m', { tmpfs: [{ target: '/dev/shm', sizeBytes: 64 * mib, mode: null }] }],
  ['scale: 3', { replicas: 3 }],
  ['scale: 3\ndeploy: { replicas: 3 }', { replicas: 3 }],
  [
    'cpus: 0.5\nmem_limit: 64m\npids_limit: 100\nmem_reservation: 8m',
    {
      limits: { nanoCpus: 500_000_000, memoryBytes: 64 * mib, pids: 100 },
      reservations: { nanoCpus: null, memoryBytes: 8 * mib, pids: null },
    },
  ],
  [
    'cpus: 0.5\ndeploy: { resources: { limits: { cpus: "0.50", memory: 64m } } }',
    { limits: { nanoCpus: 500_000_000, memoryBytes: 64 * mib, pids: null } },
  ],
  ['pids_limit: -1', {}],
  ['restart: "no"', { restart: { condition: 'none', delayMs: 5000, maxAttempts: null, windowMs: null } }],
  ['restart: always', {}],
  ['restart: unless-stopped', {}],
  ['restart: on-failure', { restart: { condition: 'on-failure', delayMs: 5000, maxAttempts: null, windowMs: null } }],
  ['restart: on-failure:3', { restart: { condition: 'on-failure', delayMs: 5000, maxAttempts: 3, windowMs: null } }],
  ['restart: "no"\ndeploy: { restart_policy: { condition: any } }', {}],
  [
    'healthcheck: { interval: 5s, retries: 2 }',
    { health: { kind: 'command', test: [], intervalMs: 5000, timeoutMs: 0, retries: 2, startPeriodMs: 0 } },
  ],
  ['healthcheck: {}', {}],
  ['privileged: false\noom_kill_disable: false\nuse_api_socket: false', {}],
];

for (const [lines, expected] of carried) {
  test(`${lines.replaceAll('\n', ', ')} is carried over, and nothing else differs`, () => {
    assert.deepEqual(web(lines), { ...plain, ...expected });
  });
}

test('a volume has the driver and options of the top of the file, and can stay empty', () => {
  const rest =
    'volumes: { nfs: { driver_opts: { type: nfs, device: ":/x" } }, own: { driver: local }, far: { driver: rexray } }\n';
  const lines =
    'volumes: ["nfs:/a:nocopy", { type: volume, source: own, target: /b, volume: { nocopy: true } }, "far:/c"]';
  assert.deepEqual(web(lines, rest).volumes, [
    {
      volume: 'nfs',
      target: '/a',
      readOnly: false,
      noCopy: true,
      driver: { name: 'local', options: { type: 'nfs', device: ':/x' } },
    },
    { volume: 'own', target: '/b', readOnly: false, noCopy: true },
    { volume: 'far', target: '/c', readOnly: false, driver: { name: 'rexray', options: {} } },
  ]);
});

test('values of parameters reach every place that takes them', () => {
  const lines = [
    'hostname: ${H}',
    'extra_hosts: ["db=${IP}"]',
    'volumes: ["${LOGS}:/logs"]',
    'scale: ${N}',
    'deploy: { replicas: 4 }',
    'ulimits: { nofile: { soft: "${SOFT}", hard: 10 } }',
    'restart: ${R:-always}',
  ].join('\n');
  const found = web(lines, '', { H: 'one', IP: '10.0.0.9', LOGS: '/var/log', N: '4', SOFT: '5' });
  assert.equal(found.hostname, 'one');
  assert.deepEqual(found.hosts, [{ name: 'db', address: '10.0.0.9' }]);
  assert.deepEqual(found.binds, [{ source: '/var/log', target: '/logs', readOnly: false }]);
  assert.deepEqual(found.ulimits, [{ name: 'nofile', soft: 5, hard: 10 }]);
});

test('words that speed up Docker Desktop are left out with a warning', () => {
  assert.match(warningsOf('volumes: ["/a:/b:cached"]')[0] ?? '', /^compose\.yaml:4:.*'cached' is ignored/);
});

const wrong: readonly (readonly [string, string, RegExp])[] = [
  ['an address that is none', 'extra_hosts: { db: db.example.com }', /^4: .*IP address/],
  ["a node's own address", 'extra_hosts: ["h:host-gateway"]', /host-gateway/],
  ['a host without an address', 'extra_hosts: [db]', /^4: /],
  ['a name server that is none', 'dns: one.test', /^4: /],
  ['a relative working directory', 'working_dir: app', /begins with/],
  ['a signal that is none', 'stop_signal: "9x"', /signal/],
  ['a label of Drayage', 'labels: { drayage.service: x }', /^4: .*no label for users/],
  ["a label of the engine's", 'deploy: { labels: [com.docker.stack.namespace=x] }', /no label for users/],
  ['a label that stands twice', 'labels: [a=1, a=2]', /stands twice/],
  ['a soft limit above the hard one', 'ulimits: { nofile: { soft: 2, hard: 1 } }', /above/],
  ['an unlimited soft limit below a hard one', 'ulimits: { nofile: { soft: -1, hard: 1 } }', /above/],
  ['half a limit', 'ulimits: { nofile: { soft: 2 } }', /'hard' is missing/],
  ['a capability that is added and dropped', 'cap_add: [SYS_TIME]\ncap_drop: [CAP_SYS_TIME]', /added and dropped/],
  ['no network at all', 'network_mode: none', /^4: the network mode none is refused/],
  ['the network of another component', 'network_mode: service:db', /refused/],
  ["ports on the node's network", 'network_mode: host\nports: ["80:80"]', /^5: 'ports' goes without/],
  ["networks beside the node's", 'network_mode: host\nnetworks: [default]', /^5: 'networks' goes without/],
  ['replicas of a global service', 'deploy:\n  mode: global\n  replicas: 2', /^6: a global service/],
  ['a scaled global service', 'scale: 2\ndeploy: { mode: global }', /^4: a global service/],
  ['a job', 'deploy: { mode: replicated-job }', /not carried to the engine yet/],
  ['two replica counts', 'scale: 2\ndeploy: { replicas: 3 }', /^4: 'scale' and deploy.replicas say different/],
  ['two memory limits', 'mem_limit: 8m\ndeploy: { resources: { limits: { memory: 9m } } }', /^4: 'mem_limit'/],
  ['two mounts of /dev/shm', 'shm_size: 1m\ntmpfs: /dev/shm', /two mounts at \/dev\/shm/],
  ['a path that climbs', 'volumes: ["/var/../etc:/b"]', /'\.\.'/],
  ['a path that the engine would fill in', 'volumes: [{ type: bind, source: "/{{.Node.ID}}", target: /b }]', /'\{\{'/],
  ['a mount to be relabelled', 'volumes: ["/a:/b:z"]', /'z' is not carried/],
  ['a volume with the options of a path', 'volumes: ["data:/b:rslave"]', /'rslave' is not carried/],
  ['a Windows path', 'volumes: ["C:\\\\a:/b"]', /Windows/],
  [
    'a key of another type of mount',
    'volumes: [{ type: volume, source: data, target: /b, bind: {} }]',
    /type bind only/,
  ],
  ['one of several ports', 'ports: [{ target: 80, published: "8000-8010" }]', /nobody would know which/],
  ['an unknown restart', 'restart: sometimes', /on-failure/],
  ['a resource that stands twice', twice('GPU'), /stands twice/],
];

function twice(kind: string): string {
  const one = `{ discrete_resource_spec: { kind: ${kind}, value: 1 } }`;
  return `deploy: { resources: { reservations: { generic_resources: [${one}, ${one}] } } }`;
}

for (const [what, lines, expected] of wrong) {
  test(`${what} is refused`, () => {
    const found = refusals(lines, 'volumes: { data: {} }\n');
    assert.ok(
      found.some((problem) => expected.test(problem)),
      found.join('\n'),
    );
  });
}
