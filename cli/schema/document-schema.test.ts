import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { readDeployment } from '../../core/document/deployment.ts';
import { readPlatform } from '../../core/document/platform.ts';
import { isFault } from '../../core/fault.ts';
import { documentSchema, documentShape, schemaKinds, type SchemaKind } from './document-schema.ts';

const examples = join(import.meta.dirname, '..', '..', 'examples');

const readers = {
  deployment: (text: string) => readDeployment({ name: 'x.yaml', text }),
  platform: (text: string) => readPlatform({ name: 'x.yaml', text }),
} satisfies Record<SchemaKind, (text: string) => unknown>;

function isRead(kind: SchemaKind, text: string): boolean {
  try {
    readers[kind](text);
    return true;
  } catch (thrown) {
    assert.ok(isFault(thrown));
    return false;
  }
}

const spec = 'apiVersion: drayage/v1\nkind: Deployment\nenvironment: dev\n';
const platform = 'apiVersion: drayage/v1\nkind: Platform\n';
const samples: readonly (readonly [SchemaKind, boolean, string])[] = [
  ['deployment', true, `${spec}services: { cart: 1.10, catalog: { version: "2", replicas: 3, ports: { 80: 8081 } } }`],
  [
    'deployment',
    true,
    `${spec}revision: 17\nservices: { cart: { version: 1.4.2, parameters: { LEVEL: warn, N: 3 } } }`,
  ],
  ['deployment', true, `${spec}services: { cart: { version: 1.4.2, cluster: be } }`],
  ['deployment', false, `${spec}services: { cart: { version: 1.4.2, cluster: [be] } }`],
  [
    'platform',
    true,
    `${platform}clusters: { fe: { engine: simulated } }\nenvironments: { dev: { clusters: [fe], encrypted: true, allows: { cart: { binds: [/a], hostNetwork: true } } } }`,
  ],
  [
    'platform',
    false,
    `${platform}clusters: { fe: { engine: simulated } }\nenvironments: { dev: { clusters: [fe], allows: { cart: { bind: [/a] } } } }`,
  ],
  [
    'platform',
    true,
    `${platform}clusters: { fe: { engine: simulated } }\nenvironments: { dev: { clusters: [fe], requires: { bom: [commit, tags] } } }`,
  ],
  [
    'platform',
    false,
    `${platform}clusters: { fe: { engine: simulated } }\nenvironments: { dev: { clusters: [fe], requires: { bom: [hash] } } }`,
  ],
  [
    'platform',
    true,
    `${platform}clusters: { fe: { engine: simulated } }\nenvironments: { acme: { clusters: [fe] } }\nslices: { early-access: { environments: [acme], parameters: { A: 1 }, services: { cart: { parameters: { B: x } } } } }`,
  ],
  [
    'platform',
    true,
    `${platform}clusters: { fe: { engine: simulated } }
signers: { ci: { identity: { issuer: 'https://a.test', subject: 'x*' }, trustedRoot: r.json }, me: { keyFile: me.pub } }
environments: { dev: { clusters: [fe], requires: { signatures: [me], provenance: { builder: 'https://b.test/*', source: [a, b], signedBy: [ci] } } } }`,
  ],
  [
    'platform',
    false,
    `${platform}clusters: { fe: { engine: simulated } }\nenvironments: { acme: { clusters: [fe] } }\nslices: { early-access: { parameters: { A: 1 } } }`,
  ],
  [
    'platform',
    false,
    `${platform}clusters: { fe: { engine: simulated } }\nsigners: { ci: { identity: { issuer: 'https://a.test', subject: 'x*' } } }\nenvironments: {}`,
  ],
  ['deployment', false, `${spec}service: { cart: 1.4.2 }`],
  ['deployment', false, `${spec}services: { cart: { version: 1.4.2, replica: 3 } }`],
  ['deployment', false, `${spec}services: { cart: { replicas: 3 } }`],
  ['deployment', false, `${spec}revision: -1\nservices: {}`],
  ['platform', true, `${platform}clusters: { s: { engine: simulated } }\nenvironments: { dev: { clusters: [s] } }`],
  [
    'platform',
    true,
    `${platform}clusters: { fe: { engine: swarm, endpoint: tcp://10.0.0.5:2376, tls: { ca: a, cert: b, key: c }, roles: [web], limits: { stepsAtOnce: 5, startsAtOnce: 7 } } }
registries: { "r.example.com:5000": { credentials: none, insecure: true } }
environments: { prod: { clusters: [fe], waves: [[fe]], onFailure: leave, waiting: supersede, stepDeadline: 3m } }
rights: { anonymous: viewer }`,
  ],
  [
    'platform',
    false,
    `${platform}clusters: { s: { engine: simulated } }\nenvironments: { dev: { clusters: [s] } }\nrights: { anonymous: admin }`,
  ],
  [
    'platform',
    true,
    `${platform}clusters: { s: { engine: simulated } }\nenvironments: { dev: { clusters: [s] } }\nledger: { retention: { logs: 30d } }`,
  ],
  [
    'platform',
    false,
    `${platform}clusters: { s: { engine: simulated } }\nenvironments: { dev: { clusters: [s] } }\nledger: { retention: { logs: 30h } }`,
  ],
  ['platform', false, `${platform}clusters: { s: { engine: docker } }\nenvironments: { dev: { clusters: [s] } }`],
  ['platform', false, `${platform}clusters: { s: { engine: swarm } }\nenvironments: { dev: { clusters: [s] } }`],
  [
    'platform',
    false,
    `${platform}clusters: { s: { engine: simulated, endpoint: unix:///x } }\nenvironments: { dev: { clusters: [s] } }`,
  ],
];

test('schema and reader are of one mind', () => {
  for (const [kind, isRight, text] of samples) {
    assert.equal(documentShape(kind).safeParse(parse(text)).success, isRight, `schema: ${text}`);
    assert.equal(isRead(kind, text), isRight, `reader: ${text}`);
  }
});

test('the documents of the example shop fit their schemas', async () => {
  const shop = { deployment: 'shop/dev.yaml', platform: 'shop/platform.yaml' } as const;
  for (const kind of schemaKinds) {
    const text = await readFile(join(examples, shop[kind]), 'utf8');
    assert.ok(documentShape(kind).safeParse(parse(text)).success, shop[kind]);
    assert.ok(isRead(kind, text), shop[kind]);
  }
});

test('a schema is JSON Schema of draft 2020-12 and refuses unknown keys', () => {
  for (const kind of schemaKinds) {
    const schema: unknown = JSON.parse(JSON.stringify(documentSchema(kind)));
    assert.ok(typeof schema === 'object' && schema !== null && '$schema' in schema && 'additionalProperties' in schema);
    assert.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema');
    assert.equal(schema.additionalProperties, false);
  }
});
