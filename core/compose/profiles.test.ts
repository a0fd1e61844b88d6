import assert from 'node:assert/strict';
import { test } from 'node:test';
import { definitionOf, problemsOf, readProject } from '../testing/project.ts';

/** The example of the specification (15-profiles.md). */
const example = `services:
  foo: { image: foo }
  bar: { image: bar, profiles: [test] }
  baz: { image: baz, depends_on: [bar], profiles: [test] }
  zot: { image: zot, depends_on: [bar], profiles: [debug] }
`;

const active: readonly (readonly [readonly string[], readonly string[]])[] = [
  [[], ['foo']],
  [['test'], ['foo', 'bar', 'baz']],
  [
    ['test', 'debug'],
    ['foo', 'bar', 'baz', 'zot'],
  ],
  [['*'], ['foo', 'bar', 'baz', 'zot']],
];

for (const [profiles, components] of active) {
  test(`with the profiles [${profiles.join(', ')}] there are ${components.join(', ')}`, () => {
    const { images, definition } = readProject({ 'compose.yaml': example }, { profiles });
    assert.deepEqual(Object.keys(images), components);
    assert.ok(!JSON.stringify(definition).includes('profiles'));
  });
}

test('a dependency on a component that is left out is refused', () => {
  assert.deepEqual(problemsOf({ 'compose.yaml': example }, { profiles: ['debug'] }), [
    'compose.yaml:5:35: it depends on bar, which is left out',
  ]);
});

test('a dependency that is not required goes with its component, and both are warned of', () => {
  const text = `services:
  bar: { image: bar, profiles: [test] }
  foo: { image: foo, depends_on: { bar: { condition: service_healthy, required: false } } }
`;
  const { definition, warnings } = readProject({ 'compose.yaml': text });
  assert.deepEqual(definition, { services: { foo: { image: 'foo', depends_on: {} } } });
  assert.deepEqual(warnings, [
    'compose.yaml:2:3: the component bar is left out; --profile test takes it in',
    'compose.yaml:3:36: the component bar is left out and not waited for; --profile test takes it in',
  ]);
  assert.deepEqual(definitionOf({ 'compose.yaml': text }, { profiles: ['test'] }), {
    services: { bar: { image: 'bar' }, foo: { image: 'foo', depends_on: { bar: { condition: 'service_healthy' } } } },
  });
});

test('what is wrong in a component that is left out is no matter, nor are its files', () => {
  const text = 'services: { a: { image: a }, b: { imge: b, env_file: none.env, profiles: [dev] } }\n';
  assert.deepEqual(Object.keys(readProject({ 'compose.yaml': text }).images), ['a']);
});

test('a profile that no component has is warned of', () => {
  const { warnings } = readProject({ 'compose.yaml': 'services: { a: { image: a } }\n' }, { profiles: ['tset'] });
  assert.deepEqual(warnings, ["compose.yaml:1:1: no component has the profile 'tset'"]);
});

test('profiles that are no list, and required that is no boolean, are refused', () => {
  const text = `services:
  a: { image: a, profiles: test }
  b: { image: b, depends_on: { a: { required: maybe } } }
`;
  assert.deepEqual(problemsOf({ 'compose.yaml': text }), [
    "compose.yaml:2:28: expected a list of profiles, found 'test'",
    "compose.yaml:3:47: expected true or false, found 'maybe'",
  ]);
});
