import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { isFault, type Fault } from '../fault.ts';
import type { Spec } from '../spec.ts';
import { readDeployment, renderDeployment } from './deployment.ts';

const head = 'apiVersion: drayage/v1\nkind: Deployment\nenvironment: prod\n';
const folder = new URL('../../examples/documents/', import.meta.url);

function read(services: string): ReturnType<typeof readDeployment> {
  return readDeployment({ name: 'prod.yaml', text: `${head}services:\n${services}` });
}

function faultOf(act: () => unknown): Fault {
  try {
    act();
  } catch (error) {
    assert.ok(isFault(error), String(error));
    return error;
  }
  assert.fail('the document was read');
}

test('a service is a version, or a map with version, replicas, parameters and ports', () => {
  const { document } = read(
    '  cart: 1.4.2\n  catalog: { version: 2.0.0, replicas: 12, parameters: { LOG_LEVEL: warn, N: 1.50, ON: true }, ports: { 80: 8081 } }\n',
  );
  assert.deepEqual(document, {
    environment: 'prod',
    base: null,
    services: {
      cart: { version: '1.4.2', replicas: null, parameters: {}, ports: {} },
      catalog: {
        version: '2.0.0',
        replicas: 12,
        parameters: { LOG_LEVEL: 'warn', N: '1.50', ON: 'true' },
        ports: { 80: 8081 },
      },
    },
  });
});

test('a version is what is written: 1.10 is not 1.1, and the author is told to quote it', () => {
  const { document, warnings } = read('  cart: 1.10\n  catalog: "1.10"\n');
  assert.equal(document.services['cart']?.version, '1.10');
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /^prod\.yaml:5:9: .*write "1\.10"$/);
});

for (const version of ['1', '1_000', '0x1f', '0o17', '1e3', '12345678', 'yes', 'on', 'true', '2026-11-21', '1.']) {
  test(`the version ${version} is kept, and named as one that others misread`, () => {
    const { document, warnings } = read(`  cart: ${version}\n`);
    assert.equal(document.services['cart']?.version, version);
    assert.equal(warnings.length, 1);
  });
}

test('a revision says what the document was made from', () => {
  const text = `${head}revision: 17\nservices: {}\n`;
  assert.equal(readDeployment({ name: 'a', text }).document.base, 17);
});

test('all problems of a document are told at once, each at its place', () => {
  const text =
    'apiVersion: drayage/v1\nkind: Deploment\nenviroment: prod\nservices:\n  cart: {version: 1.0, replica: 2}\n  "a b": 1.0\n  x: [1]\n';
  const { problems } = faultOf(() => readDeployment({ name: 'prod.yaml', text }));
  assert.deepEqual(
    problems.map(({ line, column }) => `${line}:${column}`),
    ['1:1', '2:7', '3:1', '5:24', '6:3', '7:6'],
  );
  assert.match(problems[2]?.hint ?? '', /did you mean 'environment'/);
  assert.match(problems[3]?.hint ?? '', /did you mean 'replicas'/);
});

const wrong: readonly (readonly [string, string])[] = [
  ['a text as replicas', '  cart: { version: 1.0.0, replicas: "3" }\n'],
  ['negative replicas', '  cart: { version: 1.0.0, replicas: -1 }\n'],
  ['half a replica', '  cart: { version: 1.0.0, replicas: 1.5 }\n'],
  ['no version', '  cart: { replicas: 1 }\n'],
  ['an empty version', '  cart:\n'],
  ['a version with a slash', '  cart: a/b\n'],
  ['a published port of 0', '  cart: { version: 1.0.0, ports: { 80: 0 } }\n'],
  ['a target port of 70000', '  cart: { version: 1.0.0, ports: { 70000: 80 } }\n'],
  ['a parameter without a value', '  cart: { version: 1.0.0, parameters: { A: } }\n'],
  ['a parameter with a list', '  cart: { version: 1.0.0, parameters: { A: [1] } }\n'],
  ['a parameter with a bad name', '  cart: { version: 1.0.0, parameters: { a-b: 1 } }\n'],
  ['a list of clusters', '  cart: { version: 1.0.0, cluster: [fe] }\n'],
  ['a cluster in capitals', '  cart: { version: 1.0.0, cluster: FE }\n'],
  ['a service in capitals', '  Cart: 1.0.0\n'],
  ['a service twice', '  cart: 1.0.0\n  cart: 1.0.1\n'],
];

for (const [what, services] of wrong) {
  test(`${what} is refused`, () => {
    const { code, problems } = faultOf(() => read(services));
    assert.equal(code, 'document.invalid');
    assert.ok((problems[0]?.line ?? 0) >= 5);
  });
}

const name = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
const members = {
  version: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,12}$/),
  replicas: fc.option(fc.nat({ max: 100 })),
  parameters: fc.dictionary(
    fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/),
    fc.string({ unit: 'grapheme' }).map(legal),
  ),
  ports: fc.dictionary(fc.integer({ min: 1, max: 65_535 }).map(String), fc.integer({ min: 1, max: 65_535 })),
};
const entry = fc.oneof(fc.record(members), fc.record({ ...members, cluster: name }));

function legal(text: string): string {
  return text.toWellFormed().replaceAll('\0', '');
}

test('a spec that was written reads back as the same, without warnings', () => {
  fc.assert(
    fc.property(name, fc.dictionary(name, entry), fc.nat(), (environment, services, revision) => {
      const spec: Spec = { environment, services };
      const text = renderDeployment(spec, revision);
      const { document, warnings } = readDeployment({ name: 'spec.yaml', text });
      assert.deepEqual(
        JSON.parse(JSON.stringify(document)),
        JSON.parse(JSON.stringify({ environment, services, base: revision })),
      );
      assert.deepEqual(warnings, []);
    }),
    { numRuns: 300 },
  );
});

for (const file of readdirSync(new URL('valid/', folder)).filter((one) => one.startsWith('deployment'))) {
  test(`examples/documents/valid/${file} is read`, () => {
    assert.ok(readDeployment({ name: file, text: readFileSync(new URL(`valid/${file}`, folder), 'utf8') }));
  });
}

for (const file of readdirSync(new URL('invalid/', folder)).filter((one) => one.startsWith('deployment'))) {
  test(`examples/documents/invalid/${file} is refused`, () => {
    const text = readFileSync(new URL(`invalid/${file}`, folder), 'utf8');
    assert.ok(faultOf(() => readDeployment({ name: file, text })));
  });
}
