import assert from 'node:assert/strict';
import { test } from 'node:test';
import { definitionOf, faultOf, problemsOf, projectOf, readProject, type Texts } from '../testing/project.ts';

const db = 'services: { db: { image: "db:${TAG:-1}" } }\nvolumes: { data: }\n';

test('an included file gives its components and volumes, by its path alone', () => {
  const found = definitionOf({
    'compose.yaml': 'include: [db/compose.yaml]\nservices: { web: { image: web, depends_on: [db] } }\n',
    'db/compose.yaml': db,
  });
  assert.deepEqual(found, {
    services: { web: { image: 'web', depends_on: ['db'] }, db: { image: 'db:1' } },
    volumes: { data: null },
  });
});

test('a list of paths is merged, and paths start at project_directory', () => {
  const found = readProject({
    'compose.yaml': 'include: [{ path: [a/one.yaml, a/two.yaml], project_directory: b }]\n',
    'a/one.yaml':
      'services: { web: { image: web:1, configs: [c], env_file: [web.env] } }\nconfigs: { c: { file: ./c.toml } }\n',
    'a/two.yaml': 'services: { web: { image: web:2 } }\n',
    'b/web.env': 'A=1\n',
  });
  assert.deepEqual(found.definition, {
    services: { web: { image: 'web:2', configs: ['c'], environment: { A: '1' } } },
    configs: { c: { file: './b/c.toml' } },
  });
  assert.deepEqual(found.files, ['./b/c.toml']);
});

test('a file included by an included file is found from its own folder, also outside of that folder', () => {
  const found = definitionOf({
    'compose.yaml': 'include: [a/b/compose.yaml]\n',
    'a/b/compose.yaml': 'include: [../../c/compose.yaml]\nservices: { one: { image: one } }\n',
    'c/compose.yaml': 'services: { two: { image: two, label_file: two.labels } }\n',
    'c/two.labels': 'team=c\n',
  });
  assert.deepEqual(found, { services: { one: { image: 'one' }, two: { image: 'two', labels: { team: 'c' } } } });
});

const withTag = (include: string): Texts => ({
  'compose.yaml': `include: [${include}]\n`,
  'db/compose.yaml': db,
  'db/.env': 'TAG=beside\n',
  'named.env': 'TAG=named\n',
  'later.env': 'TAG=later-${TAG}\n',
});

const environments: readonly (readonly [string, string, { readonly [name: string]: string }, string])[] = [
  ['the file .env beside it', 'db/compose.yaml', {}, 'db:beside'],
  ['its env file', '{ path: db/compose.yaml, env_file: named.env }', {}, 'db:named'],
  [
    'its env files, the last one first',
    '{ path: db/compose.yaml, env_file: [named.env, later.env] }',
    {},
    'db:later-named',
  ],
  ['no env file', '{ path: db/compose.yaml, env_file: /dev/null }', {}, 'db:1'],
  ['--var before all files', '{ path: db/compose.yaml, env_file: named.env }', { TAG: 'var' }, 'db:var'],
];

for (const [from, include, vars, image] of environments) {
  test(`variables of an included file have their values from ${from}`, () => {
    assert.equal(readProject(withTag(include), { vars }).images['db'], image);
  });
}

test("the project's own .env is not read, as it is not for the project's own files", () => {
  const texts = { 'compose.yaml': 'include: [db.yaml]\n', 'db.yaml': db, '.env': 'TAG=2\n' };
  assert.equal(readProject(texts).images['db'], 'db:1');
});

test('values from a file beside an included one are warned of', () => {
  const [warning = ''] = readProject(withTag('db/compose.yaml')).warnings;
  assert.match(warning, /^compose\.yaml:1:11: .*db\/\.env/);
});

test('a circle of includes is refused, with the chain', () => {
  const found = problemsOf({
    'compose.yaml': 'include: [a/compose.yaml]\nservices: { web: { image: web } }\n',
    'a/compose.yaml': 'include:\n  - ../b.yaml\n',
    'b.yaml': 'include:\n  - path: a/compose.yaml\n',
  });
  assert.deepEqual(found, [
    'b.yaml:2:5: a circle of includes: compose.yaml includes a/compose.yaml includes b.yaml includes a/compose.yaml',
  ]);
});

test('the same file included twice is no conflict', () => {
  const found = definitionOf({
    'compose.yaml': 'include: [a.yaml, b.yaml]\n',
    'a.yaml': 'include: [db.yaml]\nservices: { a: { image: a } }\n',
    'b.yaml': 'include: [db.yaml]\nservices: { b: { image: b } }\n',
    'db.yaml': db,
  });
  assert.deepEqual(Object.keys((found as { readonly services: object }).services), ['a', 'db', 'b']);
});

test('a name that says something else in an included file is refused, with both places', () => {
  const found = problemsOf({
    'compose.yaml': 'include: [db.yaml]\nservices:\n  db: { image: mine }\n',
    'db.yaml': db,
  });
  assert.deepEqual(found, ["compose.yaml:3:3: 'db' stands under services of an included file too: db.yaml:1:13"]);
});

test('a component of an included file is changed by a file that is merged over all', () => {
  const { images } = readProject(
    { 'compose.yaml': 'include: [db.yaml]\n', 'db.yaml': db, 'prod.yaml': 'services: { db: { image: db:9 } }\n' },
    { over: ['prod.yaml'] },
  );
  assert.deepEqual(images, { db: 'db:9' });
});

test('what is wrong in an included file is told with its own line', () => {
  const texts = {
    'app/compose.yaml': 'include: [db.yaml]\nservices: { web: { image: web } }\n',
    'db.yaml': 'services:\n  db:\n    image: db\n    imge: x\n',
  };
  const { problems } = faultOf(() => readProject(texts));
  assert.deepEqual(
    problems.map(({ file, line, column, text }) => [file, line, column, text]),
    [['app/db.yaml', 4, 5, '    imge: x']],
  );
});

const wrong: readonly (readonly [string, string, string])[] = [
  ['one text', 'include: a.yaml', "compose.yaml:1:1: expected a list, found 'a.yaml'"],
  ['a file that is not there', 'include: [none.yaml]', "compose.yaml:1:11: the file 'none.yaml' is not there"],
  ['a file above the project', 'include: [../a.yaml]', "compose.yaml:1:11: '../a.yaml' is no file of this project"],
  ['an absolute path', 'include: [/etc/a.yaml]', "compose.yaml:1:11: '/etc/a.yaml' is no file of this project"],
  ['an address', 'include: ["oci://x/y"]', "compose.yaml:1:11: 'oci://x/y' is no file of this project"],
  ['an unknown key', 'include: [{ paht: a.yaml }]', "compose.yaml:1:13: unknown key 'paht'"],
  ['no path', 'include: [{ env_file: a.env }]', "compose.yaml:1:11: 'path' is missing"],
  ['an empty path list', 'include: [{ path: [] }]', 'compose.yaml:1:19: an empty list of files'],
  [
    'a path that is not known yet',
    'include: ["${DIR}/a.yaml"]',
    'compose.yaml:1:11: ${DIR} must be known when the release is registered',
  ],
  ['an unknown key in it', 'include: [wrong.yaml]', "wrong.yaml:1:1: unknown key 'servces'"],
];

for (const [what, include, problem] of wrong) {
  test(`include of ${what} is refused at its place`, () => {
    const texts = { 'compose.yaml': `${include}\nservices: { web: { image: web } }\n`, 'wrong.yaml': 'servces: {}\n' };
    assert.deepEqual(problemsOf(texts), [problem]);
  });
}

test('an included file that is no YAML is named', () => {
  const found = problemsOf({ 'compose.yaml': 'include: [a.yaml]\n', 'a.yaml': 'a: [\n' });
  assert.match(found[0] ?? '', /^a\.yaml:2:1: not YAML/);
});

test('twenty levels of include are read, more are refused', () => {
  const chain = (levels: number): Texts => {
    const inner = Array.from({ length: levels }, (_, at) => {
      const next = at + 1 < levels ? `include: [${at + 1}.yaml]\n` : '';
      return [`${at}.yaml`, `${next}services: { s${at}: { image: a } }\n`] as const;
    });
    return { 'compose.yaml': 'include: [0.yaml]\n', ...Object.fromEntries(inner) };
  };
  assert.equal(Object.keys(readProject(chain(20)).images).length, 20);
  assert.match(problemsOf(chain(21))[0] ?? '', /more than 20 levels of include/);
});

test('files that include each other over and over are too large', () => {
  const texts = Object.fromEntries(
    Array.from({ length: 15 }, (_, at) => [
      `${at}.yaml`,
      at === 14 ? 'services: { a: { image: a } }\n' : `include: [${at + 1}.yaml, ./${at + 1}.yaml]\n`,
    ]),
  );
  assert.equal(faultOf(() => projectOf(texts)).code, 'document.too-large');
});
