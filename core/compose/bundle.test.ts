import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonical } from '../canonical.ts';
import type { ServiceDefinition } from '../definition.ts';
import { isFault } from '../fault.ts';
import type { Json } from '../json.ts';
import type { ReleaseManifest } from '../release.ts';
import {
  definitionOf,
  faultOf,
  problemsOf,
  projectOf,
  readProject,
  type ProjectOptions,
  type Texts,
} from '../testing/project.ts';
import { instantiate, readDefinition } from './definition.ts';

/** A project registered, stored, and made concrete with values. */
function make(
  texts: Texts,
  values: { readonly [name: string]: string } = {},
  options: ProjectOptions = {},
): ServiceDefinition {
  const source = projectOf(texts, options);
  const { definition, images, parameters, warnings } = readDefinition(source, { service: 'shop' }, options.vars ?? {});
  const identity = { service: 'shop', version: '1', definition, images, files: {} };
  const manifest: ReleaseManifest = { identity, parameters, images: {}, source, meta: {}, warnings };
  return instantiate(JSON.parse(canonical(manifest)), values);
}

const app = (lines: string): Texts => ({ 'compose.yaml': `services:\n  web:\n    image: web\n${lines}` });

test('variables of env files are below those of environment, the later file above the earlier one', () => {
  const texts = {
    ...app('    env_file: [a.env, { path: b.env }]\n    environment: { C: mine, D: "${D:-4}" }\n'),
    'a.env': 'A=a\nB=a\nC=a\n',
    'b.env': 'B=b-${A}\nE=${C}${D}$X\n',
  };
  assert.deepEqual(make(texts, { X: '7' }).components['web']?.variables, {
    A: 'a',
    B: 'b-a',
    C: 'mine',
    D: '4',
    E: 'mine47',
  });
  assert.deepEqual(
    readProject(texts).parameters.map(({ name, required }) => [name, required]),
    [
      ['D', false],
      ['X', true],
    ],
  );
});

test('variables of env files go into a list of variables too', () => {
  const texts = { ...app('    env_file: a.env\n    environment: [B=mine]\n'), 'a.env': "A='$x'\nB=a\n" };
  assert.deepEqual(make(texts).components['web']?.variables, { A: '$x', B: 'mine' });
});

test('a raw env file is taken as it stands', () => {
  const texts = { ...app('    env_file: [{ path: a.env, format: raw }]\n'), 'a.env': 'A="$B"\n' };
  assert.deepEqual(make(texts).components['web']?.variables, { A: '"$B"' });
});

test('--var reaches into env files and counts as used there', () => {
  const texts = { ...app('    env_file: a.env\n'), 'a.env': 'A=$B\n' };
  const { warnings, definition } = readProject(texts, { vars: { B: 'x$' } });
  assert.deepEqual(warnings, []);
  assert.deepEqual(definition, { services: { web: { image: 'web', environment: { A: 'x$$' } } } });
});

test('an env file that is not required may be missing', () => {
  const texts = app('    env_file: [{ path: none.env, required: false }]\n    user: u\n');
  assert.deepEqual(definitionOf(texts), { services: { web: { image: 'web', user: 'u' } } });
});

const wrongFiles: readonly (readonly [string, string, string])[] = [
  ['that is missing', 'env_file: none.env', "compose.yaml:4:15: the file 'none.env' is not there"],
  ['in another format', 'env_file: [{ path: a.env, format: json }]', "compose.yaml:4:39: expected raw, found 'json'"],
  ['without a path', 'env_file: [{ required: true }]', "compose.yaml:4:16: 'path' is missing"],
  ['with a wrong line', 'env_file: a.env', "a.env:2:1: 'B C' is no name of a variable"],
  ['of labels that is missing', 'label_file: [none.labels]', "compose.yaml:4:18: the file 'none.labels' is not there"],
];

for (const [what, line, problem] of wrongFiles) {
  test(`an env file ${what} is refused at its place`, () => {
    assert.deepEqual(problemsOf({ ...app(`    ${line}\n`), 'a.env': 'A=1\nB C=2\n' }), [problem]);
  });
}

test('labels of a file are below those of labels', () => {
  const texts = { ...app('    label_file: a.labels\n    labels: { b: mine }\n'), 'a.labels': 'a=1\nb=2\n' };
  assert.deepEqual(definitionOf(texts), { services: { web: { image: 'web', labels: { a: '1', b: 'mine' } } } });
});

test('anchors, merge keys and extensions work in every file of a project', () => {
  const texts = {
    'compose.yaml': `include: [more.yaml]
x-env: &env { A: 1, B: 2 }
x-health: &health { healthcheck: { test: a } }
services:
  web: &web
    <<: [{ init: true, user: w }, *health]
    image: web
    user: u
    x-note: [1]
    environment: { <<: *env, B: 3 }
  api: { <<: *web, image: api }
`,
    'more.yaml': 'x-one: &one { user: o }\nservices: { one: { <<: *one, image: one, x-a: 1 } }\n',
    'prod.yaml':
      'x-two: &two { A: 9 }\nservices: { web: { environment: { <<: *two } } }\nx-drayage: { owner: us, x-more: 1 }\n',
  };
  const { components, traits } = make(texts, {}, { over: ['prod.yaml'] });
  assert.deepEqual(components['web']?.variables, { A: '9', B: '3' });
  assert.deepEqual(components['api']?.variables, { A: '1', B: '3' });
  assert.deepEqual([components['web']?.init, components['web']?.user, components['api']?.init], [true, 'u', true]);
  assert.deepEqual([components['api']?.health.kind, components['one']?.user, traits.owner], ['command', 'o', 'us']);
});

const interpolations: readonly (readonly [string, string])[] = [
  ['$A', 'a'],
  ['${A}', 'a'],
  ['${N:-${M:-x}}', 'x'],
  ['${N-${A}}', 'a'],
  ['${E:-x}', 'x'],
  ['x${E-y}', 'x'],
  ['${A:?must be}', 'a'],
  ['${A:+${N:-y}}', 'y'],
  ['x${N+y}${E:+z}', 'x'],
  ['$$A ${A}', '$A a'],
];

for (const [text, expected] of interpolations) {
  test(`'${text}' comes to '${expected}' in a file that is merged over another`, () => {
    const texts = { ...app('    user: base\n'), 'over.yaml': `services: { web: { user: '${text}' } }\n` };
    const options = { over: ['over.yaml'], vars: { A: 'a', E: '' } };
    assert.equal(make(texts, {}, options).components['web']?.user, expected);
  });
}

test('keys are no templates', () => {
  const texts = app('    environment: { "$A": "$A" }\n');
  assert.deepEqual(make(texts, {}, { vars: { A: 'a' } }).components['web']?.variables, { $A: 'a' });
});

test('a value that does not fit an environment is told at its place in the file that it stands in', () => {
  const texts = {
    'app/compose.yaml': 'include: [more/compose.yaml]\n',
    'more/compose.yaml': 'services:\n  web:\n    image: web\n    stop_grace_period: "${GRACE}"\n',
  };
  const { problems } = faultOf(() => make(texts, { GRACE: 'long' }));
  assert.deepEqual(
    problems.map(({ file, line, column, text }) => [file, line, column, text]),
    [['app/more/compose.yaml', 4, 24, '    stop_grace_period: "${GRACE}"']],
  );
});

test('a file that nobody names is refused', () => {
  const source = { name: 'compose.yaml', text: 'services: { a: { image: a } }\n', files: { 'secret.env': 'A=1\n' } };
  assert.equal(faultOf(() => readDefinition(source, { service: 'shop' }, {})).code, 'request.invalid');
});

test('a project has at most 1 MiB, 20,000 nodes and 50 files together', () => {
  const one = { name: 'compose.yaml', text: 'services: { a: { image: a } }\n' };
  const half = `x-a: ${'a'.repeat(600_000)}\n`;
  const nodes = `x-a: [${'a,'.repeat(11_000)}]\n`;
  const over = (text: string, count: number) =>
    Array.from({ length: count }, (_, at) => ({ name: `${at}.yaml`, text }));
  for (const overrides of [over(half, 2), over(nodes, 2), over('', 50)]) {
    const { code } = faultOf(() => readDefinition({ ...one, overrides }, { service: 'shop' }, {}));
    assert.equal(code, 'document.too-large');
  }
  assert.ok(readDefinition({ ...one, overrides: over('', 49) }, { service: 'shop' }, {}));
});

const file = fc.constantFrom(
  'compose.yaml',
  'a.yaml',
  'b/c.yaml',
  'a.env',
  '../a.yaml',
  './a.yaml',
  'a',
  'b',
  '$X',
  '${X:-a}',
);
const key = fc.constantFrom(
  'services',
  'include',
  'extends',
  'file',
  'service',
  'path',
  'env_file',
  'label_file',
  'environment',
  'labels',
  'profiles',
  'depends_on',
  'required',
  'image',
  'a',
  'b',
  'ports',
  'volumes',
  'networks',
  'configs',
  'healthcheck',
);
const { part } = fc.letrec<{ part: Json }>((tie) => ({
  part: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    fc.oneof(file, fc.constantFrom<Json>(null, true, 1, '')),
    fc.array(tie('part'), { maxLength: 3 }),
    fc.dictionary(key, tie('part'), { maxKeys: 4 }),
  ),
}));
const component = fc.record(
  { image: file, extends: part, env_file: part, profiles: part, depends_on: part },
  { requiredKeys: [] },
);
const document = fc.oneof(
  part,
  fc.record(
    { services: fc.record({ a: component, b: component }), include: part, configs: part },
    { requiredKeys: [] },
  ),
);
const yaml = document.map((value) => JSON.stringify(value));

test('any files are read as a project or refused with a Fault, and what is read can be made concrete', () => {
  const texts = fc.record({
    'compose.yaml': yaml,
    'a.yaml': yaml,
    'b/c.yaml': yaml,
    'a.env': fc.constantFrom<string>('A=1', 'B', '"'),
  });
  const run = { read: 0, refused: 0 };
  fc.assert(
    fc.property(texts, fc.subarray(['a.yaml', 'b/c.yaml']), fc.subarray(['a', '*']), (of, over, profiles) => {
      try {
        make(of, { X: 'x' }, { over, profiles });
        run.read += 1;
      } catch (error) {
        assert.ok(isFault(error), error instanceof Error ? String(error.stack) : String(error));
        run.refused += 1;
      }
    }),
    {
      numRuns: 400,
      examples: [
        [{ 'compose.yaml': '{"services":{"a":{"image":"a"}}}', 'a.yaml': '{}', 'b/c.yaml': '{}', 'a.env': '' }, [], []],
      ],
    },
  );
  assert.ok(run.read > 0 && run.refused > 0, JSON.stringify(run));
});
