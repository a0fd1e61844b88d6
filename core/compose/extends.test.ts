import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../json.ts';
import { definitionOf, faultOf, problemsOf, readProject, type Texts } from '../testing/project.ts';

function services(texts: Texts): Json {
  const found = definitionOf(texts);
  return (found as { readonly services: Json }).services;
}

test('a component is laid over one of the same file, which is laid over another one', () => {
  const found = services({
    'compose.yaml': `services:
  base: { image: "base:1", user: root, environment: { TZ: utc, PORT: 80 } }
  common: { extends: { service: base }, image: "common:1", cap_drop: [ALL] }
  cli: { extends: common, environment: { PORT: 8080 }, command: [run] }
`,
  });
  assert.deepEqual((found as { readonly cli: Json }).cli, {
    image: 'common:1',
    user: 'root',
    environment: { TZ: 'utc', PORT: 8080 },
    cap_drop: ['ALL'],
    command: ['run'],
  });
});

test('a component of another file brings its env files from its own folder', () => {
  const found = services({
    'compose.yaml':
      'services: { web: { extends: { file: shared/base.yaml, service: app }, environment: { B: mine } } }\n',
    'shared/base.yaml': 'services: { app: { extends: { file: more/root.yaml, service: root }, env_file: app.env } }\n',
    'shared/more/root.yaml': 'services: { root: { image: "root:1", env_file: [root.env] } }\n',
    'shared/app.env': 'A=app\nB=app\n',
    'shared/more/root.env': 'A=root\nC=root\n',
  });
  assert.deepEqual(found, { web: { image: 'root:1', environment: { A: 'app', C: 'root', B: 'mine' } } });
});

test('only the component is taken of another file, not what else is in it', () => {
  const found = problemsOf({
    'compose.yaml': 'services:\n  web: { extends: { file: base.yaml, service: app } }\n',
    'base.yaml': 'services:\n  app:\n    image: app\n    volumes: ["data:/data"]\nvolumes: { data: }\n',
  });
  assert.deepEqual(found, ["base.yaml:4:15: 'data' is not declared under volumes"]);
});

test('a component of an included file can be extended', () => {
  const found = readProject({
    'compose.yaml': 'include: [base.yaml]\nservices: { web: { extends: app, user: u } }\n',
    'base.yaml': 'services: { app: { image: app } }\n',
  });
  assert.deepEqual(found.images, { web: 'app', app: 'app' });
});

test('a reset in an extending component also holds for the files that it is merged over', () => {
  const found = definitionOf(
    {
      'compose.yaml': 'services: { web: { image: web, user: a, init: true } }\n',
      'prod.yaml': 'services: { base: { image: b, user: b }, web: { extends: base, user: !reset null } }\n',
    },
    { over: ['prod.yaml'] },
  );
  assert.deepEqual(found, { services: { web: { image: 'b', init: true }, base: { image: 'b', user: 'b' } } });
});

test('a circle of extends is refused, with the chain', () => {
  const found = problemsOf({
    'compose.yaml': 'services:\n  a: { image: a, extends: { service: b, file: other.yaml } }\n',
    'other.yaml': 'services:\n  b: { extends: c }\n  c: { extends: { service: a, file: compose.yaml } }\n',
  });
  assert.deepEqual(found, [
    'other.yaml:3:8: a circle of extends: a (compose.yaml) extends b (other.yaml) extends c (other.yaml) extends a (compose.yaml)',
  ]);
});

const wrong: readonly (readonly [string, string, string])[] = [
  ['a component that is not there', 'bass', "compose.yaml:3:29: compose.yaml has no component 'bass'"],
  ['a file that is not there', '{ file: x.yaml, service: a }', "compose.yaml:3:37: the file 'x.yaml' is not there"],
  ['no component', '{ file: x.yaml }', "compose.yaml:3:20: 'service' is missing"],
  ['a list', '[base]', "compose.yaml:3:20: expected a component, or a map with 'service' and 'file', found a list"],
  ['an unknown key', '{ service: base, fiel: x }', "compose.yaml:3:46: unknown key 'fiel'"],
  ['itself', 'web', 'compose.yaml:3:20: a circle of extends: web (compose.yaml) extends web (compose.yaml)'],
];

for (const [what, extend, problem] of wrong) {
  test(`to extend ${what} is refused at its place`, () => {
    const text = `services:\n  base: { image: b }\n  web: { image: a, extends: ${extend} }\n`;
    assert.deepEqual(problemsOf({ 'compose.yaml': text }), [problem]);
  });
}

test('a health check that is inherited cannot be switched off by disable', () => {
  const text = `services:
  base: { image: b, healthcheck: { test: a } }
  web: { extends: base, healthcheck: { disable: true } }
  api: { extends: base, healthcheck: { test: ["NONE"] } }
`;
  assert.deepEqual(problemsOf({ 'compose.yaml': text }), [
    'compose.yaml:3:40: what it extends has a health check, which cannot be switched off here',
  ]);
});

test('twenty levels of extends are read, more are refused', () => {
  const chain = (levels: number): Texts => ({
    'compose.yaml': `services:\n  s0: { image: a }\n${Array.from({ length: levels }, (_, at) => `  s${at + 1}: { extends: s${at} }\n`).join('')}`,
  });
  assert.equal(readProject(chain(20)).images['s20'], 'a');
  assert.ok(problemsOf(chain(21)).includes('compose.yaml:23:10: more than 20 levels of extends'));
});

test('a large component that many extend is too large', () => {
  const base = Array.from({ length: 5_000 }, (_, at) => `A${at}: 1`).join(', ');
  const many = Array.from({ length: 1_000 }, (_, at) => `  s${at}: { extends: base, environment: { B: 1 } }\n`).join(
    '',
  );
  const text = `services:\n  base: { image: a, environment: { ${base} } }\n${many}`;
  assert.equal(faultOf(() => readProject({ 'compose.yaml': text })).code, 'document.too-large');
});
