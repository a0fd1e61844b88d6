import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Parameter } from '../release.ts';
import { pinParameters, shareParameters, unknownParameters } from '../planning/spec-parameters.ts';
import { entry } from '../testing/shop.ts';
import { parameterChanges } from './changes.ts';
import { parameterLayers, resolveParameters } from './resolve.ts';
import { wrongValue } from './value.ts';

const level: Parameter = { name: 'LEVEL', type: 'text', required: false, declared: true, default: 'info' };
const port: Parameter = { name: 'PORT', type: 'integer', required: true };
const known = () => [level, port];

test('release, environment, environment of the service, spec: each goes before the one ahead of it', () => {
  const environment = {
    parameters: { LEVEL: 'warn', OTHER: 'x' },
    services: { cart: { parameters: { LEVEL: 'debug' } } },
    slices: {},
  };
  const of = (service: string, spec: Record<string, string>) =>
    resolveParameters([level, port], parameterLayers(environment, service, spec));
  assert.deepEqual(resolveParameters([level, port], []), { LEVEL: { value: 'info', source: 'release' } });
  assert.deepEqual(of('web', {}), { LEVEL: { value: 'warn', source: 'environment' } });
  assert.deepEqual(of('cart', {}), { LEVEL: { value: 'debug', source: 'environment' } });
  assert.deepEqual(of('cart', { LEVEL: 'error', PORT: '1' }), {
    LEVEL: { value: 'error', source: 'spec' },
    PORT: { value: '1', source: 'spec' },
  });
});

test('each type takes what it says and nothing else', () => {
  const takes: readonly (readonly [Partial<Parameter>, readonly string[], readonly string[]])[] = [
    [{ type: 'text' }, ['', 'anything $'], []],
    [
      { type: 'integer', min: -1, max: 10 },
      ['0', '-1', '10'],
      ['', '-2', '11', '1.0', '01', '1e3', '99999999999999999'],
    ],
    [{ type: 'boolean' }, ['true', 'false'], ['True', 'yes', '1']],
    [{ type: 'enum', values: ['a', 'b'] }, ['a', 'b'], ['', 'A', 'a,b']],
    [{ type: 'duration' }, ['0', '1m30s', '500ms'], ['', '5', '-1s', '1 s']],
    [{ type: 'bytes' }, ['64k', '512M', '10'], ['', '-1', '1x']],
    [
      { type: 'url' },
      ['https://a.test/x?y', 'postgres://u@h:1/db'],
      ['', 'a.test', 'https://', 'mailto:a@b', 'http://a b'],
    ],
    [{ type: 'text', pattern: '[a-z]+' }, ['ab'], ['', 'a1', 'Ab', 'ab\n']],
  ];
  for (const [of, right, wrong] of takes) {
    const parameter: Parameter = { name: 'P', type: 'text', required: true, ...of };
    assert.deepEqual(
      right.filter((text) => wrongValue(parameter, text) !== null),
      [],
      parameter.type,
    );
    assert.deepEqual(
      wrong.filter((text) => wrongValue(parameter, text) === null),
      [],
      parameter.type,
    );
  }
});

test('what a document says for all reaches every service that knows the name, and is no news for one that says it itself', () => {
  const document = {
    environment: 'dev',
    base: null,
    services: { a: entry('1'), b: entry('1', { parameters: { LEVEL: 'x' } }) },
  };
  const parametersOf = (service: string) => (service === 'a' ? [level, port] : [level]);
  const shared = shareParameters(document, { LEVEL: 'warn', PORT: '1' }, parametersOf);
  assert.deepEqual(shared.services['a']?.parameters, { LEVEL: 'warn', PORT: '1' });
  assert.deepEqual(shared.services['b']?.parameters, { LEVEL: 'x' });
  const wrong = { ...document, services: { a: entry('1', { parameters: { LEVLE: 'x' } }) } };
  assert.deepEqual(
    unknownParameters(wrong, { PROT: '1', LEVEL: 'x' }, parametersOf).map(({ path, hint }) => [path.join('.'), hint]),
    [
      ['services.a.parameters.LEVLE', 'did you mean LEVEL?'],
      ['parameters.PROT', 'did you mean PORT?'],
    ],
  );
});

test('going back pins what the environment says otherwise by now, and nothing else', () => {
  const spec = { environment: 'dev', services: { a: entry('1', { parameters: { PORT: '1' } }) } };
  const then = { parameters: { LEVEL: 'warn', PORT: '2' }, slices: {} };
  assert.deepEqual(pinParameters(spec, then, then, known), spec);
  const pinned = pinParameters(spec, then, { parameters: { LEVEL: 'debug', PORT: '3' }, slices: {} }, known);
  assert.deepEqual(pinned.services['a']?.parameters, { PORT: '1', LEVEL: 'warn' });
  // Then it was the release's own default.
  assert.deepEqual(pinParameters(spec, { slices: {} }, then, known).services['a']?.parameters, {
    PORT: '1',
    LEVEL: 'info',
  });
});

test('a change of the value or of its source is told, with both sides', () => {
  const value = (of: string, source: 'release' | 'spec') => ({ value: of, source });
  const before = new Map([['a', { A: value('1', 'release'), B: value('1', 'spec') }]]);
  const after = new Map([['a', { A: value('1', 'spec'), B: value('1', 'spec'), C: value('2', 'spec') }]]);
  assert.deepEqual(parameterChanges(before, after), [
    { service: 'a', parameter: 'A', from: value('1', 'release'), to: value('1', 'spec') },
    { service: 'a', parameter: 'C', from: null, to: value('2', 'spec') },
  ]);
  assert.deepEqual(parameterChanges(after, after), []);
});
