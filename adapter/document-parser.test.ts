import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { isFault } from '../core/fault.ts';
import { createDocumentParser, type DocumentParser } from './document-parser.ts';

const signal = new AbortController().signal;
const small = {
  name: 'prod.yaml',
  text: 'apiVersion: drayage/v1\nkind: Deployment\nenvironment: prod\nservices: { cart: "1.10" }\n',
};
const heavy = { name: 'heavy.yaml', text: `a:\n${'  - {b: [c, d]}\n'.repeat(3300)}` };

function parser(t: TestContext, budgetMs: number): DocumentParser {
  const made = createDocumentParser({ workers: 1, budgetMs });
  t.after(async () => made.close());
  return made;
}

test('a document is read in another thread', async (t) => {
  const { document } = await parser(t, 20_000).readDeployment(small, signal);
  assert.equal(document.services['cart']?.version, '1.10');
});

test('a definition is read, then made concrete, in another thread', async (t) => {
  const documents = parser(t, 20_000);
  const source = { name: 'compose.yaml', text: 'services: { web: { image: web, user: "${USER_ID}" } }' };
  const { definition, parameters } = await documents.readDefinition(source, { service: 'web' }, {}, signal);
  const identity = { service: 'web', version: '1', definition, images: { web: 'web@sha256:0' }, files: {} };
  const manifest = { identity, parameters, images: {}, source, meta: {}, warnings: [] };
  const given = { manifest, values: { USER_ID: '1000' }, templates: {} };
  const [made, unmade] = await documents.instantiate([given, { ...given, values: {} }], signal);
  assert.equal(made?.kind === 'value' && made.value.components['web']?.user, '1000');
  assert.ok(unmade?.kind === 'fault' && isFault(unmade.fault, 'plan.parameter-missing'));
});

test('a definition of several files is read in another thread, and too much of it is refused before', async (t) => {
  const documents = parser(t, 20_000);
  const source = {
    name: 'compose.yaml',
    text: 'include: [db.yaml]\nservices: { web: { image: web, profiles: [web] } }',
    overrides: [{ name: 'prod.yaml', text: 'services: { db: { user: "${USER_ID}" } }' }],
    files: { 'db.yaml': 'services: { db: { image: db } }' },
  };
  const { images, parameters } = await documents.readDefinition(source, { service: 'web' }, {}, signal);
  assert.deepEqual([images, parameters.map(({ name }) => name)], [{ db: 'db' }, ['USER_ID']]);
  const large = { ...source, files: { 'db.yaml': 'a'.repeat(600_000), 'more.yaml': 'a'.repeat(600_000) } };
  const read = documents.readDefinition(large, { service: 'web' }, {}, signal);
  await assert.rejects(read, { code: 'document.too-large' });
});

test('a fault arrives with its code and places', async (t) => {
  const file = { name: 'platform.yaml', text: 'apiVersion: drayage/v1\nkind: Platfrom\n' };
  await assert.rejects(parser(t, 20_000).readPlatform(file, signal), (error) => {
    assert.ok(isFault(error, 'document.invalid'));
    assert.ok(error.problems.some((problem) => problem.line === 2 && problem.column === 7));
    return true;
  });
});

test('a document of 10 MB is refused and the next one is read', async (t) => {
  const documents = parser(t, 20_000);
  const file = { name: 'huge.yaml', text: 'a'.repeat(10_000_000) };
  await assert.rejects(documents.readDeployment(file, signal), { code: 'document.too-large' });
  assert.ok(await documents.readDeployment(small, signal));
});

test('a document that takes too long ends its thread, and later ones get a new thread', async (t) => {
  const documents = parser(t, 1);
  for (let round = 0; round < 3; round += 1) {
    await assert.rejects(documents.readDeployment(heavy, signal), { code: 'document.too-large' });
  }
});

test('one that takes too long among several is found, and the others are no less refused with it than alone', async (t) => {
  const documents = parser(t, 1);
  const source = { name: 'heavy.yaml', text: heavy.text };
  const definition = {
    services: Object.fromEntries(Array.from({ length: 3_000 }, (_, at) => [`s${at}`, { image: 'web' }])),
  };
  const identity = { service: 's0', version: '1', definition, images: {}, files: {} };
  const manifest = { identity, parameters: [], images: {}, source, meta: {}, warnings: [] };
  const request = { manifest, values: {}, templates: {} };
  await assert.rejects(documents.instantiate([request, request], signal), {
    code: 'document.too-large',
    message: /heavy.yaml/,
  });
});

test('documents beyond the queue are refused as busy, those within it are read', async (t) => {
  const documents = parser(t, 20_000);
  const all = Array.from({ length: 80 }, async () => documents.readDeployment(small, signal));
  const results = await Promise.allSettled(all);
  const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  assert.equal(results.length - refused.length, 65);
  assert.ok(refused.every((reason) => isFault(reason, 'server.busy')));
});

test('an aborted document is given up, the next one is read', async (t) => {
  const documents = parser(t, 20_000);
  const abort = new AbortController();
  const first = documents.readDeployment(heavy, abort.signal);
  const second = documents.readDeployment(small, abort.signal);
  abort.abort(new Error('enough'));
  await assert.rejects(first, /enough/);
  await assert.rejects(second, /enough/);
  assert.ok(await documents.readDeployment(small, signal));
});

test('closing refuses what still waits and what comes later', async () => {
  const documents = createDocumentParser({ workers: 1, budgetMs: 20_000 });
  const waiting = [documents.readDeployment(heavy, signal), documents.readDeployment(small, signal)];
  const checked = waiting.map(async (one) => assert.rejects(one, { code: 'server.draining' }));
  await documents.close();
  await Promise.all(checked);
  await assert.rejects(documents.readDeployment(small, signal), { code: 'server.draining' });
});
