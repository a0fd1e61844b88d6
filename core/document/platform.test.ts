import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isFault, type Fault } from '../fault.ts';
import { readPlatform } from './platform.ts';

const head = 'apiVersion: drayage/v1\nkind: Platform\n';
const fe = 'clusters:\n  fe: { engine: swarm, endpoint: "unix:///var/run/docker.sock" }\n';

function read(body: string): ReturnType<typeof readPlatform> {
  return readPlatform({ name: 'platform.yaml', text: head + body });
}

function faultOf(body: string): Fault {
  try {
    read(body);
  } catch (error) {
    assert.ok(isFault(error), String(error));
    return error;
  }
  assert.fail('the document was read');
}

test('what a platform document leaves out has its default', () => {
  assert.deepEqual(read(`${fe}registries: {}\nenvironments: { dev: { clusters: [fe] } }\n`).environments, {
    dev: { clusters: ['fe'], waves: [], onFailure: 'roll-back', waiting: 'queue', stepDeadlineMs: 180_000 },
  });
  const { clusters, registries } = read(`${fe}registries: { "localhost:5000": {} }\nenvironments: {}\n`);
  assert.deepEqual(clusters, {
    fe: {
      engine: 'swarm',
      endpoint: 'unix:///var/run/docker.sock',
      tls: null,
      roles: [],
      address: null,
      stepsAtOnce: 10,
    },
  });
  assert.deepEqual(registries, { 'localhost:5000': { credentials: 'docker-config', insecure: false } });
});

test('a limit of starts stands in the platform only where the document names it', () => {
  const of = (limits: string) =>
    read(`clusters: { fe: { engine: simulated, limits: ${limits} } }\nenvironments: {}\n`).clusters['fe'];
  assert.equal('startsAtOnce' in (of('{ stepsAtOnce: 5 }') ?? {}), false);
  assert.deepEqual([of('{ startsAtOnce: 3 }')?.startsAtOnce, of('{ startsAtOnce: 3 }')?.stepsAtOnce], [3, 10]);
});

test('a simulated cluster has as many nodes as the document says, and no other cluster is given any', () => {
  const of = (more: string) =>
    read(`clusters: { fe: { engine: simulated${more} } }\nenvironments: {}\n`).clusters['fe'];
  assert.equal('nodes' in (of('') ?? {}), false);
  assert.equal(of(', nodes: 3000')?.nodes, 3_000);
  for (const nodes of [0, 10_001, 1.5])
    assert.equal(
      faultOf(`clusters: { fe: { engine: simulated, nodes: ${nodes} } }\nenvironments: {}\n`).code,
      'document.invalid',
    );
  const swarm = 'clusters: { fe: { engine: swarm, endpoint: "unix:///a", nodes: 3 } }\nenvironments: {}\n';
  assert.equal(faultOf(swarm).code, 'document.invalid');
});

test('how long log excerpts are kept is read in days, or for ever, and is no part of a platform that does not say', () => {
  const of = (more: string) => read(`${fe}environments: {}\n${more}`).ledger;
  const dayMs = 86_400_000;
  assert.equal(of(''), undefined);
  assert.ok(!('ledger' in read(`${fe}environments: {}\n`)));
  assert.deepEqual(of('ledger: {}\n'), { retention: { logsMs: 90 * dayMs } });
  assert.deepEqual(of('ledger: { retention: { logs: 30d } }\n'), { retention: { logsMs: 30 * dayMs } });
  assert.deepEqual(of('ledger: { retention: { logs: forever } }\n'), { retention: { logsMs: null } });
  for (const wrong of ['0d', '30', '30h', '99999d', '-1d', 'never', '{ days: 3 }'])
    assert.equal(
      faultOf(`${fe}environments: {}\nledger: { retention: { logs: ${wrong} } }\n`).problems.length,
      1,
      wrong,
    );
  assert.equal(faultOf(`${fe}environments: {}\nledger: { retention: { person: 3d } }\n`).problems.length, 1);
});

test('what a platform does not encrypt or allow has no mention of it, and the rest is read in its one spelling', () => {
  const of = (more: string) => read(`${fe}environments: { dev: { clusters: [fe]${more} } }\n`).environments['dev'];
  assert.deepEqual(of(', encrypted: false'), of(''));
  assert.ok(!('encrypted' in (of('') ?? {})) && !('allows' in (of('') ?? {})));
  assert.equal(of(', encrypted: true')?.encrypted, true);
  const allows =
    ', allows: { cart: { binds: [/var/run/, //a/./b, /a/b], capabilities: [cap_net_admin], hostNetwork: true }, db: {} }';
  assert.deepEqual(of(allows)?.allows, {
    cart: { binds: ['/a/b', '/var/run'], capabilities: ['NET_ADMIN'], hostNetwork: true, volumeDrivers: [] },
    db: { binds: [], capabilities: [], hostNetwork: false, volumeDrivers: [] },
  });
});

test('a path is not allowed that may lead elsewhere than it says', () => {
  for (const path of ['var/log', '/var/../etc', '"/{{.Node.ID}}"']) {
    const body = `${fe}environments:\n  dev:\n    clusters: [fe]\n    allows: { cart: { binds: [${path}] } }\n`;
    assert.equal(faultOf(body).code, 'document.invalid');
  }
});

test('nobody looks without signing in unless the document says so', () => {
  const body = `${fe}environments: { dev: { clusters: [fe] } }\n`;
  assert.equal('rights' in read(body), false);
  assert.deepEqual(read(`${body}rights: {}\n`).rights, { anonymous: 'none' });
  assert.deepEqual(read(`${body}rights: { anonymous: none }\n`).rights, { anonymous: 'none' });
  assert.deepEqual(read(`${body}rights: { anonymous: viewer }\n`).rights, { anonymous: 'viewer' });
});

test('the full example of a platform is read', () => {
  const url = new URL('../../examples/documents/valid/platform.yaml', import.meta.url);
  const platform = readPlatform({ name: 'platform.yaml', text: readFileSync(url, 'utf8') });
  assert.deepEqual(platform.environments['prod']?.waves, [['be'], ['fe']]);
  assert.equal(platform.clusters['be']?.tls?.ca, 'ca.pem');
  assert.equal(platform.clusters['fe']?.stepsAtOnce, 20);
  assert.equal(platform.clusters['fe']?.startsAtOnce, 30);
  assert.equal(platform.clusters['sim']?.endpoint, '');
  assert.deepEqual(platform.rights, { anonymous: 'none' });
});

const environments = 'environments: { dev: { clusters: [fe] } }\n';

const wrong: readonly (readonly [string, string])[] = [
  ['no engine', `clusters: { fe: { endpoint: "tcp://a:1" } }\n${environments}`],
  ['an unknown engine', `clusters: { fe: { engine: swarn } }\n${environments}`],
  ['an endpoint over http', `clusters: { fe: { engine: swarm, endpoint: "http://a:1" } }\n${environments}`],
  [
    'tls with a unix socket',
    `clusters: { fe: { engine: swarm, endpoint: "unix:///a", tls: { ca: a, cert: b, key: c } } }\n${environments}`,
  ],
  [
    'an endpoint of a simulated engine',
    `clusters: { fe: { engine: simulated, endpoint: "unix:///a" } }\n${environments}`,
  ],
  ['a limit that is a text', `clusters: { fe: { engine: simulated, limits: { stepsAtOnce: "10" } } }\n${environments}`],
  ['a key that is not built yet', `${fe}environments: { dev: { clusters: [fe], promotesFrom: qa } }\n`],
  ['gates', `${fe}environments: { dev: { clusters: [fe], gates: [] } }\n`],
  ['a deadline without a unit', `${fe}environments: { dev: { clusters: [fe], stepDeadline: 180 } }\n`],
  ['a registry with a path', `${fe}registries: { "a/b": {} }\n${environments}`],
  ['no environments', fe],
  ['an anonymous that may more than look', `${fe}${environments}rights: { anonymous: admin }\n`],
  ['a right that there is not', `${fe}${environments}rights: { everybody: viewer }\n`],
  ['rights that are a word', `${fe}${environments}rights: viewer\n`],
];

for (const [what, body] of wrong) {
  test(`${what} is refused as an invalid document`, () => {
    assert.equal(faultOf(body).code, 'document.invalid');
  });
}

const contradictions: readonly (readonly [string, string])[] = [
  ['a cluster that is not there', '{ clusters: [ef] }'],
  ['an environment without a cluster', '{ clusters: [] }'],
  ['a cluster twice', '{ clusters: [fe, fe] }'],
  ['waves that leave a cluster out', '{ clusters: [fe, be], waves: [[fe]] }'],
  ['a cluster in two waves', '{ clusters: [fe], waves: [[fe], [fe]] }'],
  ['a wave of another cluster', '{ clusters: [fe], waves: [[fe], [be]] }'],
  ['an empty wave', '{ clusters: [fe], waves: [[fe], []] }'],
];

for (const [what, environment] of contradictions) {
  test(`${what} contradicts the platform`, () => {
    const fault = faultOf(`${fe}  be: { engine: simulated }\nenvironments: { dev: ${environment} }\n`);
    assert.equal(fault.code, 'platform.invalid');
    assert.equal(fault.problems[0]?.line, 6);
  });
}

test("a registry's password may be a secret of an environment", () => {
  const registries = (credentials: string) =>
    read(
      `${fe}registries: { r.example.com: { credentials: ${credentials} } }\nenvironments: { dev: { clusters: [fe] } }\n`,
    ).registries['r.example.com']?.credentials;
  const secret = { username: 'ci', environment: 'dev', secret: 'registry' };
  assert.deepEqual(registries('{ username: ci, environment: dev, secret: registry }'), secret);
  assert.equal(registries('none'), 'none');
  assert.equal(
    faultOf(
      `${fe}registries: { r.example.com: { credentials: { username: ci, password: x } } }\nenvironments: { dev: { clusters: [fe] } }\n`,
    ).code,
    'document.invalid',
  );
});

const sliced = (slices: string) =>
  `apiVersion: drayage/v1\nkind: Platform\nclusters: { fe: { engine: simulated } }
environments: { dev: { clusters: [fe] }, acme: { clusters: [fe] } }
slices:\n${slices}`;

test('a slice gives values to the environments that it names', () => {
  const { slices } = readPlatform({
    name: 'platform.yaml',
    text: sliced('  early-access: { environments: [acme], parameters: { CHECKOUT: new } }\n'),
  });
  assert.deepEqual(slices, {
    'early-access': { environments: ['acme'], parameters: { CHECKOUT: 'new' }, services: {} },
  });
});

const wrongSlices: readonly (readonly [what: string, slices: string, place: string, words: RegExp])[] = [
  ['an environment that is not there', '  a: { environments: [acne] }\n', '6:23', /did you mean 'acme'/],
  ['an environment twice', '  a: { environments: [acme, acme] }\n', '6:29', /stands twice/],
  ['no environment', '  a: { environments: [] }\n', '6:22', /needs an environment/],
  [
    'what another slice gives to all',
    '  a: { environments: [dev, acme], parameters: { X: "1" } }\n  b: { environments: [acme], parameters: { X: "1" } }\n',
    '7:47',
    /the slice 'a' gives acme the parameter X already/,
  ],
  [
    'to one service what another gives to all',
    '  a: { environments: [acme], parameters: { X: "1" } }\n  b: { environments: [acme], services: { cart: { parameters: { X: "2" } } } }\n',
    '7:67',
    /the slice 'a' gives cart in acme the parameter X already/,
  ],
];

for (const [what, slices, place, words] of wrongSlices) {
  test(`a slice with ${what} contradicts the platform, at its place`, () => {
    try {
      readPlatform({ name: 'platform.yaml', text: sliced(slices) });
    } catch (error) {
      assert.ok(isFault(error, 'platform.invalid'), String(error));
      const [problem] = error.problems;
      assert.equal(`${problem?.line}:${problem?.column}`, place);
      assert.match(`${problem?.message} ${problem?.hint}`, words);
      return;
    }
    assert.fail('it was read');
  });
}

test('two slices may give the same parameter to different services, or in different environments', () => {
  const of = (environment: string, service: string) =>
    `{ environments: [${environment}], services: { ${service}: { parameters: { X: "1" } } } }`;
  for (const [a, b] of [
    [of('acme', 'cart'), of('acme', 'web')],
    [of('acme', 'cart'), of('dev', 'cart')],
  ])
    readPlatform({ name: 'platform.yaml', text: sliced(`  a: ${a}\n  b: ${b}\n`) });
});

test('a secret is kept in exactly one place', () => {
  const secretsOf = (secrets: string) =>
    readPlatform({
      name: 'platform.yaml',
      text: `apiVersion: drayage/v1\nkind: Platform\nclusters: { fe: { engine: simulated } }\nenvironments: { dev: { clusters: [fe], secrets: ${secrets} } }\n`,
    }).environments['dev']?.secrets;
  assert.deepEqual(secretsOf('{ a: { engine: old }, b: { file: b.txt } }'), {
    a: { kind: 'engine', name: 'old' },
    b: { kind: 'file', path: 'b.txt' },
  });
  const vault = { kind: 'vault', address: 'https://v:8200', mount: 'secret', path: 'p/q', field: 'value', token: 't' };
  assert.deepEqual(secretsOf('{ a: { vault: { address: "https://v:8200", path: p/q, token: t } } }'), { a: vault });
  const sops = { kind: 'sops', file: 'p.yaml', format: 'yaml', key: ['db', 'password'], identity: 'k' };
  assert.deepEqual(secretsOf('{ a: { sops: { file: p.yaml, key: [db, password], identity: k } } }'), { a: sops });
  const whole = { kind: 'sops', file: 'tls.key', format: 'binary', key: ['data'], identity: 'k' };
  assert.deepEqual(secretsOf('{ a: { sops: { file: tls.key, identity: k } } }'), { a: whole });
  const named = { kind: 'sops', file: 'secrets', format: 'dotenv', key: ['P'], identity: 'k' };
  assert.deepEqual(secretsOf('{ a: { sops: { file: secrets, format: dotenv, key: P, identity: k } } }'), { a: named });
  for (const wrong of [
    '{ a: { sops: { file: p.yaml, identity: k } } }',
    '{ a: { sops: { file: p.yaml, key: [], identity: k } } }',
    '{ a: { sops: { file: p.yaml, key: a } } }',
    '{ a: { sops: { file: tls.key, key: a, identity: k } } }',
    '{ a: {} }',
    '{ a: { engine: e, file: f } }',
    '{ a/b: { file: f } }',
    '{ a: { value: x } }',
  ])
    assert.throws(
      () => secretsOf(wrong),
      (error) => isFault(error, 'document.invalid'),
    );
});

test('signers are keys or identities, and an environment asks only for those that there are', () => {
  const pem = `-----BEGIN PUBLIC KEY-----\\n${'A'.repeat(60)}\\n-----END PUBLIC KEY-----`;
  const signers = `signers: { me: { key: "${pem}" }, ci: { identity: { issuer: 'https://a.test', subject: 'https://b.test/**' }, trustedRoot: r.json } }\n`;
  const asking = (requires: string) =>
    `${fe}${signers}environments: { prod: { clusters: [fe], requires: ${requires} } }\n`;
  const found = read(asking("{ signatures: [me, ci, me], provenance: { builder: 'x*', signedBy: [ci] } }"));
  assert.deepEqual(found.environments['prod']?.requires, {
    bom: [],
    signatures: ['ci', 'me'],
    provenance: { builder: ['x*'], source: [], signedBy: ['ci'] },
  });
  const { me, ci } = found.signers ?? {};
  assert.deepEqual([me?.kind, me?.trustedRoot], ['key', null]);
  assert.deepEqual(ci, {
    kind: 'identity',
    issuer: 'https://a.test',
    subject: 'https://b.test/**',
    trustedRoot: 'r.json',
    log: 'required',
  });
  const misspelt = faultOf(asking('{ signatures: [mee] }'));
  assert.equal(misspelt.code, 'platform.invalid');
  assert.match(JSON.stringify(misspelt.problems), /there is no signer 'mee'.*did you mean 'me'/);
  assert.equal(faultOf(asking('{ provenance: { signedBy: [nobody] } }')).code, 'platform.invalid');
  const wrong = [
    '{}',
    '{ key: secret }',
    `{ key: "${pem}", keyFile: a }`,
    "{ identity: { issuer: 'https://a.test', subject: x } }",
    '{ keyFile: a, log: optional }',
  ];
  for (const one of wrong)
    assert.equal(faultOf(`${fe}signers: { me: ${one} }\nenvironments: {}\n`).code, 'document.invalid', one);
});
