import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { readDefinition } from '../core/compose/definition.ts';
import { faultOf } from '../core/testing/project.ts';
import { isFault } from '../core/fault.ts';
import { createMemoryIo } from '../test/support/memory-io.ts';
import { gatherRelease, type Asked, type Gathered } from './gather.ts';

type Texts = Readonly<Record<string, string>>;

async function gather(t: TestContext, texts: Texts, asked: Partial<Asked> = {}, stdin = ''): Promise<Gathered> {
  const folder = await mkdtemp(join(tmpdir(), 'dray-gather-'));
  t.after(async () => rm(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(texts)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const all = { service: 'shop', files: ['app/compose.yaml'], profiles: [], envFiles: [], vars: {}, ...asked };
  return await gatherRelease(createMemoryIo({ folder, stdin }), all);
}

const shop: Texts = {
  'app/compose.yaml':
    'include: [db/compose.yaml]\nservices: { web: { extends: { file: base.yaml, service: base }, env_file: web.env } }\n',
  'app/base.yaml': 'services: { base: { image: "web:${TAG}", label_file: [base.labels], configs: [site] } }\n',
  'app/db/compose.yaml':
    'services: { db: { image: "db:${DB_TAG}", env_file: [{ path: dev.env, required: false }] } }\n',
  'app/db/.env': 'DB_TAG=15\n',
  'app/web.env': 'A=1\n',
  'app/base.labels': 'team=shop\n',
  'app/site.toml': 'a = 1\n',
  'app/not-named.env': 'SECRET=1\n',
  'over/prod.yaml': 'configs: { site: { file: ./site.toml } }\n',
  'ci.env': 'TAG=9\nUNUSED=x\n',
};

test('all that is named is gathered, and nothing else', async (t) => {
  const found = await gather(t, shop, { files: ['app/compose.yaml', 'over/prod.yaml'], envFiles: ['ci.env'] });
  assert.deepEqual(Object.keys(found.sources).sort(), [
    'base.labels',
    'base.yaml',
    'db/.env',
    'db/compose.yaml',
    'web.env',
  ]);
  assert.deepEqual(found.vars, { TAG: '9' });
  assert.deepEqual(found.files, { './site.toml': Buffer.from('a = 1\n').toString('base64') });
  const { compose, overrides, sources, vars } = found;
  const { images } = readDefinition({ ...compose, overrides, files: sources }, { service: 'shop' }, vars);
  assert.deepEqual(images, { web: 'web:9', db: 'db:15' });
});

test('--var wins over --env-file, and a later env file over an earlier one', async (t) => {
  const texts = {
    'app/compose.yaml': 'services: { web: { image: "web:${A}-${B}-${C}" } }\n',
    'one.env': 'A=1\nB=1\nC=1\n',
    'two.env': 'B=2\nC=${A}2\n',
  };
  const { vars } = await gather(t, texts, { envFiles: ['one.env', 'two.env'], vars: { A: 'mine' } });
  assert.deepEqual(vars, { A: 'mine', B: '2', C: '12' });
});

test('a file that is not there is told at the place that names it', async (t) => {
  const { 'app/web.env': _, ...rest } = shop;
  await assert.rejects(
    gather(t, rest, { files: ['app/compose.yaml', 'over/prod.yaml'], vars: { TAG: '1' } }),
    (error) => {
      assert.ok(isFault(error, 'document.invalid'), String(error));
      assert.deepEqual(
        error.problems.map(({ file, line, message }) => [file, line, message]),
        [['app/compose.yaml', 2, "the file 'web.env' is not there"]],
      );
      return true;
    },
  );
});

test('a config file that is not there is told with who names it', async (t) => {
  const text = 'services: { web: { image: web, configs: [a] } }\nconfigs: { a: { file: none.toml } }\n';
  await assert.rejects(
    gather(t, { 'app/compose.yaml': text }),
    /a config of app\/compose\.yaml: cannot read app\/none\.toml/,
  );
});

test('a file outside of the project is not read', async (t) => {
  const texts = {
    'app/compose.yaml': 'services: { web: { image: web, env_file: ../secret.env } }\n',
    'secret.env': 'A=1\n',
  };
  await assert.rejects(gather(t, texts), { code: 'document.invalid' });
});

test('an env file for variables that is wrong is told at its line', async (t) => {
  const texts = { 'app/compose.yaml': 'services: { web: { image: web } }\n', 'ci.env': 'A=1\nB=$C\n' };
  await assert.rejects(gather(t, texts, { envFiles: ['ci.env'] }), /ci\.env:2:1: \$\{C\} has no value/);
});

test('a definition from standard input finds its files from where the command runs', async (t) => {
  const text = 'services: { web: { image: web, env_file: web.env } }\n';
  const found = await gather(t, { 'web.env': 'A=1\n' }, { files: ['-'] }, text);
  assert.deepEqual(found.sources, { 'web.env': 'A=1\n' });
});

test('a project that names more than 50 files is refused', async (t) => {
  const names = Array.from({ length: 60 }, (_, at) => `${at}.env`);
  const texts = Object.fromEntries(names.map((name) => [`app/${name}`, 'A=1\n']));
  const text = `services: { web: { image: web, env_file: [${names.join(', ')}] } }\n`;
  await assert.rejects(gather(t, { ...texts, 'app/compose.yaml': text }), { code: 'document.too-large' });
  const source = { name: 'a', text, files: Object.fromEntries(names.map((name) => [name, 'A=1\n'])) };
  assert.equal(faultOf(() => readDefinition(source, { service: 'shop' }, {})).code, 'document.too-large');
});
